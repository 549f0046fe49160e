import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { requireScope, requireToken } from 'keyturn/verifier/hono';
import { verifier } from './verifier.ts';

const app = new Hono().get('/stock', requireToken(verifier), requireScope('read'), (context) =>
  context.json({ apples: 3, askedBy: context.var.claims.client_id }),
);

await verifier.ready();
serve({ fetch: app.fetch, port: Number(process.env.PORT ?? '8082') });
