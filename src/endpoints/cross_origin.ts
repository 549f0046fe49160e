// Lets a client's own pages read the answers to their requests, and nobody else's. Fetch Standard §3.2 (CORS).
import type { Context } from 'hono';
import type { Client } from '../seams/client_store.ts';

const originsOf = ({ redirectUris }: Client): readonly string[] =>
  redirectUris.map((uri) => new URL(uri).origin).filter((origin) => origin !== 'null');

/**
 * Answers the Origin of one of the client's redirect URIs. Called before anything is refused, so that errors are read too.
 *
 * @returns what it set on the context, for an answer that is none of the context's.
 */
export const allowClientOrigin = (context: Context, client: Client): Readonly<Record<string, string>> => {
  const origin = context.req.header('Origin');
  if (origin === undefined) return {};
  const headers = {
    Vary: 'Origin',
    ...(originsOf(client).includes(origin) && { 'Access-Control-Allow-Origin': origin }),
  };
  for (const [name, value] of Object.entries(headers)) context.header(name, value);
  return headers;
};
