// Middleware for Hono: requireToken first, then guards; the claims are `context.var.claims`.
import type { Context, MiddlewareHandler } from 'hono';
import { type AccessTokenVerifier, accessCheck, type Guard, type RequireTokenOptions } from './access.ts';
import { createAccessRegister } from './access_register.ts';
import type { Refusal } from './challenge.ts';
import type { AccessTokenClaims } from './claims.ts';
import { roleGuard, scopeGuard } from './guards.ts';
import {
  metadataHeaders,
  type ProtectedResourceMetadata,
  type ProtectedResourceOptions,
  protectedResourceMetadata,
} from './protected_resource.ts';

/** For `new Hono<TokenEnv>()`, where the handlers do not follow requireToken in the same chain. */
export interface TokenEnv<Claims extends AccessTokenClaims = AccessTokenClaims> {
  Variables: { claims: Claims };
}

const register = createAccessRegister();

const respond = (context: Context, { status, headers, body }: Refusal): Response =>
  body === '' ? context.body(null, status, headers) : context.body(body, status, headers);

/**
 * Lets a request pass whose Bearer token verifies, and refuses every other as RFC 6750 §3 says.
 *
 * @throws {TypeError} when an option cannot be right.
 */
export const requireToken = <Claims extends AccessTokenClaims>(
  verifier: AccessTokenVerifier<Claims>,
  options: RequireTokenOptions = {},
): MiddlewareHandler<TokenEnv<Claims>> => {
  const check = accessCheck(verifier, options);
  return async (context, next) => {
    const authorization = context.req.header('Authorization');
    const outcome = await check({
      authorization: authorization === undefined ? [] : [authorization],
      url: context.req.url,
    });
    if ('refusal' in outcome) return respond(context, outcome.refusal);
    register.remember(context, outcome);
    context.set('claims', outcome.claims);
    return next();
  };
};

const guarded =
  (guard: Guard): MiddlewareHandler<TokenEnv> =>
  async (context, next) => {
    const refused = guard(register.of(context));
    return refused === undefined ? next() : respond(context, refused);
  };

/** 403 unless the token's `scope` has all of these. Stands behind requireToken. */
export const requireScope = (...scope: readonly [string, ...string[]]): MiddlewareHandler<TokenEnv> =>
  guarded(scopeGuard(scope));

/** 403 unless the token's `roles` has all of these. Stands behind requireToken. */
export const requireRole = (...roles: readonly [string, ...string[]]): MiddlewareHandler<TokenEnv> =>
  guarded(roleGuard(roles));

export interface ProtectedResource extends ProtectedResourceMetadata {
  readonly handler: (context: Context) => Response;
}

/**
 * The resource's own metadata, to route and to name in challenges: `app.get(resource.path, resource.handler)`.
 *
 * @throws {TypeError} when the resource is not a URL that metadata can be found for.
 * @see RFC 9728 §3 https://www.rfc-editor.org/rfc/rfc9728#section-3
 */
export const protectedResource = (options: ProtectedResourceOptions): ProtectedResource => {
  const metadata = protectedResourceMetadata(options);
  return { ...metadata, handler: (context) => context.body(metadata.body, 200, metadataHeaders) };
};
