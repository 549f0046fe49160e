import Fastify from 'fastify';
import { claimsOf, protectedResource, requireRole, requireScope, requireToken } from '../../../src/verifier/fastify.ts';
import { portOf, type StartApi } from './running_api.ts';

export const startFastify: StartApi = async ({ verifier, resource, options }) => {
  const metadata = protectedResource(resource);
  const token = requireToken(verifier, { ...options, protectedResource: metadata });
  const app = Fastify();
  app.get('/public', async () => 'hello');
  app.get(metadata.path, metadata.handler);
  app.get('/me', { onRequest: token }, async (request) => ({ sub: claimsOf(request).sub }));
  app.get('/read', { onRequest: [token, requireScope('read')] }, async () => 'read');
  app.get('/both', { onRequest: [token, requireScope('read', 'write')] }, async () => 'both');
  app.get('/admin', { onRequest: [token, requireRole('admin')] }, async () => 'admin');
  app.get('/forgotten', { onRequest: requireScope('read') }, async () => 'forgotten');
  return app
    .listen({ port: 0, host: '127.0.0.1' })
    .then(() => ({ port: portOf(app.server), close: () => app.close() }));
};
