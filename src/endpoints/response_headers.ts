// Headers every response carries. Set before the handler runs: touching a finished response costs the Node adapter dear.
import { randomUUID } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import type { Config } from '../config.ts';
import type { AppEnvironment } from './endpoint.ts';

const hstsSeconds = 2 * 365 * 86400;

export const responseHeaders = ({ loopback }: Config): MiddlewareHandler<AppEnvironment> => {
  const headers = Object.entries({
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'Cross-Origin-Resource-Policy': 'cross-origin',
    ...(!loopback && { 'Strict-Transport-Security': `max-age=${hstsSeconds}` }),
  });
  return (context, next) => {
    const requestId = context.env?.requestId ?? randomUUID();
    context.set('requestId', requestId);
    context.header('X-Request-Id', requestId);
    for (const [name, value] of headers) context.header(name, value);
    return next();
  };
};
