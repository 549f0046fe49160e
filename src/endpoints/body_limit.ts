// At most 64 KiB of body. Where Content-Length tells, nothing is read: asking Node's adapter for the stream of a body
// has it build undici's Request, a third of the cost of a token.
import { bodyLimit } from 'hono/body-limit';
import { OAuthError } from '../errors.ts';
import { wholeBody } from './body_text.ts';
import type { Handler } from './endpoint.ts';

const mostBodyBytes = 64 * 1024;

const refuse = (): never => {
  throw new OAuthError('body_too_large');
};

/** Counts while it reads, and stops at the limit. */
const countBody = bodyLimit({ maxSize: mostBodyBytes, onError: refuse });

/** Keeps what is too long from a handler. @throws {OAuthError} body_too_large, body_cut_off. */
export const limitBody =
  (handler: Handler): Handler =>
  async (context) => {
    const declared = context.req.header('Content-Length');
    if (declared !== undefined && context.req.header('Transfer-Encoding') === undefined) {
      if (!(Number(declared) <= mostBodyBytes)) refuse();
      return handler(context);
    }
    await wholeBody(countBody(context, async () => undefined));
    return handler(context);
  };
