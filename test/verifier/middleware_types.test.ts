// What the compiler makes of the middleware: `npm run types` fails when one of these is not so.
import type { RequestHandler } from 'express';
import Fastify from 'fastify';
import { Hono } from 'hono';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { AccessTokenVerifier } from '../../src/verifier/access.ts';
import type { AccessTokenClaims } from '../../src/verifier/claims.ts';
import {
  claimsOf as expressClaimsOf,
  requireRole as expressRole,
  requireToken as expressToken,
} from '../../src/verifier/express.ts';
import {
  claimsOf as fastifyClaimsOf,
  requireScope as fastifyScope,
  requireToken as fastifyToken,
} from '../../src/verifier/fastify.ts';
import { requireScope as fetchScope, requireToken as fetchToken } from '../../src/verifier/fetch.ts';
import { requireRole, requireScope, requireToken, type TokenEnv } from '../../src/verifier/hono.ts';
import type { Verifier } from '../../src/verifier/verifier.ts';

interface TenantClaims extends AccessTokenClaims {
  readonly tenant: string;
}

const claims = { iss: 'i', sub: 'ada', aud: 'a', exp: 2, iat: 1, client_id: 'c', jti: 'j', tenant: 'acme' };
const verifier: AccessTokenVerifier<TenantClaims> = { verify: async () => claims };
const plain: AccessTokenVerifier = verifier;
const headers = { Authorization: 'Bearer x' };

describe('claims are typed', () => {
  test('what createVerifier makes is what middleware takes', () => {
    expectTypeOf<Verifier>().toExtend<AccessTokenVerifier>();
  });

  test('in Hono, behind requireToken in the same chain and not before it', async () => {
    const app = new Hono()
      // @ts-expect-error: nothing was verified here.
      .get('/public', (context) => context.json({ sub: context.var.claims?.sub ?? null }))
      .get('/route', requireToken(plain), requireScope('read'), (context) => {
        expectTypeOf(context.var.claims).toEqualTypeOf<AccessTokenClaims>();
        return context.text(context.var.claims.sub);
      })
      .use('/in/*', requireToken(verifier))
      .get('/in/chain', (context) => {
        expectTypeOf(context.var.claims).toEqualTypeOf<TenantClaims>();
        return context.text(context.var.claims.tenant);
      });
    expect(await (await app.request('/in/chain', { headers })).text()).toBe('acme');
    expect(await (await app.request('/public')).json()).toEqual({ sub: null });
  });

  test('in Hono, in an application that says so', async () => {
    const app = new Hono<TokenEnv<TenantClaims>>();
    app.use(requireToken(verifier));
    app.get('/', (context) => {
      expectTypeOf(context.var.claims).toEqualTypeOf<TenantClaims>();
      // @ts-expect-error: a claim nobody declared is unknown, so it is looked at before it is used.
      const department: string = context.var.claims.department ?? 'none';
      return context.text(department);
    });
    expect(await (await app.request('/', { headers })).text()).toBe('none');
  });

  test('in Express, by claimsOf; its own Request is left alone', () => {
    const handler: RequestHandler = (request, response) => {
      expectTypeOf(expressClaimsOf(request)).toEqualTypeOf<AccessTokenClaims>();
      expectTypeOf(expressClaimsOf<TenantClaims>(request).tenant).toEqualTypeOf<string>();
      // @ts-expect-error: no request has claims by itself.
      response.json(request.claims);
    };
    expectTypeOf(handler).toExtend<RequestHandler>();
    expectTypeOf(expressToken(verifier)).toExtend<RequestHandler>();
    expectTypeOf(expressRole('admin')).toExtend<RequestHandler>();
  });

  test('in Fastify, by claimsOf, or decorated by the application', async () => {
    const app = Fastify();
    app.decorateRequest('claims', {
      getter() {
        return fastifyClaimsOf(this);
      },
    });
    app.get('/', { onRequest: [fastifyToken(verifier), fastifyScope('read')] }, async (request) => {
      expectTypeOf(fastifyClaimsOf(request)).toEqualTypeOf<AccessTokenClaims>();
      // @ts-expect-error: no request has claims by itself.
      return request.claims;
    });
    app.get('/decorated', { onRequest: fastifyToken(verifier) }, async (request) => ({
      sub: request.getDecorator<AccessTokenClaims>('claims').sub,
    }));
    const ask = async (url: string) => app.inject({ url, headers });
    expect((await ask('/')).statusCode).toBe(403);
    expect((await ask('/decorated')).json()).toEqual({ sub: 'ada' });
    await app.close();
  });

  test('in a fetch handler, beside what the runtime gives', async () => {
    interface Bindings {
      readonly NAME: string;
    }
    const handler = fetchToken(verifier)((request, access, env: Bindings) => {
      expectTypeOf(request).toEqualTypeOf<Request>();
      expectTypeOf(access.claims).toEqualTypeOf<TenantClaims>();
      return new Response(access.claims.tenant + env.NAME);
    });
    expectTypeOf(handler).parameters.toEqualTypeOf<[request: Request, env: Bindings]>();
    const request = new Request('https://api.example.com/', { headers });
    expect(await (await handler(request, { NAME: '!' })).text()).toBe('acme!');
    // @ts-expect-error: a guarded handler is not one of requests until requireToken made it one.
    const unverified: (request: Request) => Response | Promise<Response> = fetchScope('read')(() => new Response());
    expect(() => unverified(request)).toThrow(TypeError);
  });

  test('guards name something to the compiler, and to whoever has none', () => {
    // @ts-expect-error: it would guard nothing.
    expect(() => requireScope()).toThrow('No scope value is named');
    // @ts-expect-error: it would guard nothing.
    expect(() => requireRole()).toThrow('No role is named');
    expect(() => requireScope('read write')).toThrow('"read write" is no scope value');
  });
});
