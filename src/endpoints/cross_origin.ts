// Which pages of other origins may read an answer. Never with credentials: no cookie means anything at these endpoints, and
// the pages of this site are read by nobody. Fetch Standard §3.2 (CORS).
import type { Context } from 'hono';
import type { TokenRequest } from '../client_authentication/credentials.ts';
import { authenticateClient } from '../client_authentication/token_endpoint_auth_method.ts';
import type { Provider } from '../provider.ts';
import type { Client } from '../seams/client_store.ts';
import type { Handler } from './endpoint.ts';

const preflightSeconds = 86_400;

/** Every header: what is not read does no harm, and clients add their own. The star leaves Authorization out (Fetch Standard §2.2.2). */
const anyHeader = 'Authorization, *';

/** Answers the question a browser asks first. It knows no client, so it says what may be sent, and nothing of who may read the answer. */
export const preflight =
  (methods: string): Handler =>
  (context) =>
    context.body(null, 204, {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': methods,
      'Access-Control-Allow-Headers': anyHeader,
      'Access-Control-Max-Age': `${preflightSeconds}`,
    });

const exposedErrors = { 'Access-Control-Expose-Headers': 'WWW-Authenticate, Retry-After' };

/** Anybody's pages may read the answer: what opens it is a token. Set before anything is refused, so that errors are read too. */
export const allowAnyOrigin = (context: Context): void => {
  for (const [name, value] of Object.entries({ 'Access-Control-Allow-Origin': '*', ...exposedErrors }))
    context.header(name, value);
};

const originsOf = ({ redirectUris }: Client): readonly string[] =>
  redirectUris.map((uri) => new URL(uri).origin).filter((origin) => origin !== 'null');

/**
 * The client's own pages may, those of the origins of its redirect URIs. Set once the client is named, before it is proved:
 * a page whose client was not registered as public would else be told of CORS, and of nothing else. Who is named, and from
 * where, the authorization endpoint tells anybody.
 *
 * @returns what it set on the context, for an answer that is none of the context's.
 */
const allowClientOrigin = (context: Context, client: Client): Readonly<Record<string, string>> => {
  const origin = context.req.header('Origin');
  if (origin === undefined) return {};
  const headers = {
    Vary: 'Origin',
    ...(originsOf(client).includes(origin) && { 'Access-Control-Allow-Origin': origin, ...exposedErrors }),
  };
  for (const [name, value] of Object.entries(headers)) context.header(name, value);
  return headers;
};

export interface ProvedClient {
  readonly client: Client;
  /** What was set on the context, for an answer that is none of the context's. */
  readonly crossOrigin: Readonly<Record<string, string>>;
}

/** Proves the client, whose own pages may read the answer, a refusal too. @throws {OAuthError} as authenticateClient does. */
export const proveClient = async (
  context: Context,
  parameters: TokenRequest['parameters'],
  provider: Provider,
): Promise<ProvedClient> => {
  const request = { authorization: context.req.header('Authorization'), parameters };
  let crossOrigin: ProvedClient['crossOrigin'] = {};
  const client = await authenticateClient(request, provider, (named) => {
    crossOrigin = allowClientOrigin(context, named);
  });
  return { client, crossOrigin };
};
