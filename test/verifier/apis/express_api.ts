import { once } from 'node:events';
import { createServer } from 'node:http';
import express, { type ErrorRequestHandler } from 'express';
import { claimsOf, protectedResource, requireRole, requireScope, requireToken } from '../../../src/verifier/express.ts';
import { portOf, type StartApi } from './running_api.ts';

export const startExpress: StartApi = async ({ verifier, resource, options }) => {
  const metadata = protectedResource(resource);
  const token = requireToken(verifier, { ...options, protectedResource: metadata });
  const app = express();
  app.get('/public', (_request, response) => response.send('hello'));
  app.get(metadata.path, metadata.handler);
  app.get('/me', token, (request, response) => response.json({ sub: claimsOf(request).sub }));
  app.get('/read', token, requireScope('read'), (_request, response) => response.send('read'));
  app.get('/both', token, requireScope('read', 'write'), (_request, response) => response.send('both'));
  app.get('/admin', token, requireRole('admin'), (_request, response) => response.send('admin'));
  app.get('/forgotten', requireScope('read'), (_request, response) => response.send('forgotten'));
  const onError: ErrorRequestHandler = (_error, _request, response, _next) => response.status(500).send('failed');
  app.use(onError);
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: portOf(server), close: () => new Promise((closed) => server.close(() => closed())) };
};
