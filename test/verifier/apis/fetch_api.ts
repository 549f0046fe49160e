import { once } from 'node:events';
import { serve } from '@hono/node-server';
import { protectedResource, requireRole, requireScope, requireToken } from '../../../src/verifier/fetch.ts';
import { portOf, type StartApi } from './running_api.ts';

export const startFetch: StartApi = async ({ verifier, resource, options }) => {
  const metadata = protectedResource(resource);
  const withToken = requireToken(verifier, { ...options, protectedResource: metadata });
  const routes: Readonly<Record<string, (request: Request) => Response | Promise<Response>>> = {
    '/public': () => new Response('hello'),
    [metadata.path]: metadata.handler,
    '/me': withToken((_request, { claims }) => Response.json({ sub: claims.sub })),
    '/read': withToken(requireScope('read')(() => new Response('read'))),
    '/both': withToken(requireScope('read', 'write')(() => new Response('both'))),
    '/admin': withToken(requireRole('admin')(() => new Response('admin'))),
  };
  const route = async (request: Request): Promise<Response> =>
    (await routes[new URL(request.url).pathname]?.(request)) ?? new Response('failed', { status: 500 });
  const server = serve({
    fetch: (request) => route(request).catch(() => new Response('failed', { status: 500 })),
    port: 0,
    hostname: '127.0.0.1',
  });
  await once(server, 'listening');
  return { port: portOf(server), close: () => new Promise((closed) => server.close(() => closed())) };
};
