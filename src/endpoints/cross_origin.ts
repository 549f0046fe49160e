// Lets a client's own pages read the answers to their requests, and nobody else's. Fetch Standard §3.2 (CORS).
import type { Context } from 'hono';
import type { Client } from '../seams/client_store.ts';

const originsOf = ({ redirectUris }: Client): readonly string[] =>
  redirectUris.map((uri) => new URL(uri).origin).filter((origin) => origin !== 'null');

/** Answers the Origin of one of the client's redirect URIs; set before anything is refused, so that errors are read too. */
export const allowClientOrigin = (context: Context, client: Client): void => {
  const origin = context.req.header('Origin');
  if (origin === undefined) return;
  context.header('Vary', 'Origin');
  if (originsOf(client).includes(origin)) context.header('Access-Control-Allow-Origin', origin);
};
