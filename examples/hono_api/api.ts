import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { createVerifier } from 'keyturn/verifier';
import { requireRole, requireToken } from 'keyturn/verifier/hono';

const { ISSUER = 'http://localhost:3000', AUDIENCE = 'https://api.example.com', PORT = '8080' } = process.env;

const verifier = createVerifier({ issuer: ISSUER, audience: AUDIENCE });
const token = requireToken(verifier);

const app = new Hono()
  .get('/', (context) => context.json({ hello: 'whoever you are' }))
  .get('/me', token, (context) => context.json({ hello: context.var.claims.sub }))
  .get('/admin', token, requireRole('admin'), (context) => context.json({ hello: 'admin' }));

serve({ fetch: app.fetch, port: Number(PORT) });
