// Headers every response carries, and how an answer becomes a Response. Plain answers stay records all the way to the
// Node adapter: a Headers object with ten entries costs more than the signature of a token.
import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import type { Config } from '../config.ts';
import type { Answer, AppEnvironment } from './endpoint.ts';

const hstsSeconds = 2 * 365 * 86400;

export const fixedHeaders = ({ loopback }: Config): Readonly<Record<string, string>> => ({
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'cross-origin',
  ...(!loopback && { 'Strict-Transport-Security': `max-age=${hstsSeconds}` }),
});

/** The entry's id of this request; where it gives none, one of our own. */
export const requestIdOf = (context: Context<AppEnvironment>): string => {
  const known = context.env?.requestId ?? context.get('requestId');
  if (known !== undefined) return known;
  const requestId = randomUUID();
  context.set('requestId', requestId);
  return requestId;
};

/** Adds the headers to an answer. What the answer says itself stands. */
export type Dress = (answer: Answer, context: Context<AppEnvironment>) => Response;

export const dressWith = (config: Config): Dress => {
  const fixed = fixedHeaders(config);
  return (answer, context) => {
    const requestId = requestIdOf(context);
    if ('plainHeaders' in answer) {
      const { body, status, plainHeaders } = answer;
      return new Response(body, { status, headers: { 'X-Request-Id': requestId, ...fixed, ...plainHeaders } });
    }
    const { headers } = answer;
    headers.set('X-Request-Id', requestId);
    for (const [name, value] of Object.entries(fixed)) if (!headers.has(name)) headers.set(name, value);
    return answer;
  };
};
