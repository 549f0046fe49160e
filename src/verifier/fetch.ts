// For plain fetch handlers, as on Workers, Bun and Deno: a handler that takes what was verified becomes one of requests.
import { type Access, type AccessTokenVerifier, accessCheck, type Guard, type RequireTokenOptions } from './access.ts';
import type { Refusal } from './challenge.ts';
import type { AccessTokenClaims } from './claims.ts';
import { roleGuard, scopeGuard } from './guards.ts';
import {
  metadataHeaders,
  type ProtectedResourceMetadata,
  type ProtectedResourceOptions,
  protectedResourceMetadata,
} from './protected_resource.ts';

type Answer = Response | Promise<Response>;

/** As the runtime calls it; the rest is its own: `env` and `ctx` on Workers, the server on Bun, the address on Deno. */
export type FetchHandler<Rest extends readonly unknown[]> = (request: Request, ...rest: Rest) => Answer;

/** A handler behind requireToken: `(request, { claims }) => Response`. */
export type VerifiedHandler<Claims extends AccessTokenClaims, Rest extends readonly unknown[]> = (
  request: Request,
  access: Access<Claims>,
  ...rest: Rest
) => Answer;

const respond = ({ status, headers, body }: Refusal): Response =>
  new Response(body === '' ? null : body, { status, headers });

/**
 * @returns what makes a handler of requests of a handler of verified ones; every other request is refused as RFC 6750 §3
 *   says.
 * @throws {TypeError} when an option cannot be right.
 */
export const requireToken = <Claims extends AccessTokenClaims>(
  verifier: AccessTokenVerifier<Claims>,
  options: RequireTokenOptions = {},
) => {
  const check = accessCheck(verifier, options);
  return <Rest extends readonly unknown[]>(handler: VerifiedHandler<Claims, Rest>): FetchHandler<Rest> =>
    async (request, ...rest) => {
      const authorization = request.headers.get('Authorization');
      const outcome = await check({ authorization: authorization === null ? [] : [authorization], url: request.url });
      return 'refusal' in outcome ? respond(outcome.refusal) : handler(request, outcome, ...rest);
    };
};

const guarded =
  (guard: Guard) =>
  <Claims extends AccessTokenClaims, Rest extends readonly unknown[]>(
    handler: VerifiedHandler<Claims, Rest>,
  ): VerifiedHandler<Claims, Rest> =>
  (request, access, ...rest) => {
    const refused = guard(access);
    return refused === undefined ? handler(request, access, ...rest) : respond(refused);
  };

/** 403 unless the token's `scope` has all of these: `requireToken(verifier)(requireScope('read')(handler))`. */
export const requireScope = (...scope: readonly [string, ...string[]]) => guarded(scopeGuard(scope));

/** 403 unless the token's `roles` has all of these: `requireToken(verifier)(requireRole('admin')(handler))`. */
export const requireRole = (...roles: readonly [string, ...string[]]) => guarded(roleGuard(roles));

export interface ProtectedResource extends ProtectedResourceMetadata {
  readonly handler: () => Response;
}

/**
 * The resource's own metadata, to serve at its `path` and to name in challenges.
 *
 * @throws {TypeError} when the resource is not a URL that metadata can be found for.
 * @see RFC 9728 §3 https://www.rfc-editor.org/rfc/rfc9728#section-3
 */
export const protectedResource = (options: ProtectedResourceOptions): ProtectedResource => {
  const metadata = protectedResourceMetadata(options);
  return { ...metadata, handler: () => new Response(metadata.body, { headers: metadataHeaders }) };
};
