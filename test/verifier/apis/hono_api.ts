import { once } from 'node:events';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { protectedResource, requireRole, requireScope, requireToken } from '../../../src/verifier/hono.ts';
import { portOf, type StartApi } from './running_api.ts';

export const startHono: StartApi = async ({ verifier, resource, options }) => {
  const metadata = protectedResource(resource);
  const token = requireToken(verifier, { ...options, protectedResource: metadata });
  const app = new Hono()
    .get('/public', (context) => context.text('hello'))
    .get(metadata.path, metadata.handler)
    .get('/me', token, (context) => context.json({ sub: context.var.claims.sub }))
    .get('/read', token, requireScope('read'), (context) => context.text('read'))
    .get('/both', token, requireScope('read', 'write'), (context) => context.text('both'))
    .get('/admin', token, requireRole('admin'), (context) => context.text('admin'))
    .get('/forgotten', requireScope('read'), (context) => context.text('forgotten'));
  app.onError((_error, context) => context.text('failed', 500));
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  await once(server, 'listening');
  return { port: portOf(server), close: () => new Promise((closed) => server.close(() => closed())) };
};
