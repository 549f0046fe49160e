// Middleware for Express 5, and for whatever else calls (request, response, next) with node:http's objects. The claims are
// claimsOf(request): Express.Request is left as it is, so that a public route's request does not pretend to have any.
import { type AccessTokenVerifier, accessCheck, type Guard, type RequireTokenOptions } from './access.ts';
import { createAccessRegister } from './access_register.ts';
import { credentialsOf, type NodeRequest } from './bearer_token.ts';
import type { AccessTokenClaims } from './claims.ts';
import { roleGuard, scopeGuard } from './guards.ts';
import {
  metadataHeaders,
  type ProtectedResourceMetadata,
  type ProtectedResourceOptions,
  protectedResourceMetadata,
} from './protected_resource.ts';

/** node:http's ServerResponse, and so Express's Response. */
export interface NodeResponse {
  statusCode: number;
  readonly headersSent: boolean;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
}

export type Middleware = (request: NodeRequest, response: NodeResponse, next: (error?: unknown) => void) => void;

const register = createAccessRegister();

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Unless something else answered while the token was looked at: a timeout, say. */
const respond = (response: NodeResponse, { status, headers, body }: Answer): void => {
  if (response.headersSent) return;
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.end(body);
};

/**
 * Lets a request pass whose Bearer token verifies, and refuses every other as RFC 6750 §3 says.
 *
 * @throws {TypeError} when an option cannot be right.
 */
export const requireToken = <Claims extends AccessTokenClaims>(
  verifier: AccessTokenVerifier<Claims>,
  options: RequireTokenOptions = {},
): Middleware => {
  const check = accessCheck(verifier, options);
  return (request, response, next) => {
    check(credentialsOf(request)).then((outcome) => {
      if ('refusal' in outcome) {
        respond(response, outcome.refusal);
        return;
      }
      register.remember(request, outcome);
      next();
    }, next);
  };
};

/** @throws {TypeError} when requireToken did not run for this request. */
export const claimsOf = <Claims extends AccessTokenClaims = AccessTokenClaims>(request: NodeRequest): Claims =>
  // The type the caller's own verifier gives; nothing else is remembered for a request.
  register.of(request).claims as Claims;

const guarded =
  (guard: Guard): Middleware =>
  (request, response, next) => {
    const refused = guard(register.of(request));
    if (refused === undefined) next();
    else respond(response, refused);
  };

/** 403 unless the token's `scope` has all of these. Stands behind requireToken. */
export const requireScope = (...scope: readonly [string, ...string[]]): Middleware => guarded(scopeGuard(scope));

/** 403 unless the token's `roles` has all of these. Stands behind requireToken. */
export const requireRole = (...roles: readonly [string, ...string[]]): Middleware => guarded(roleGuard(roles));

export interface ProtectedResource extends ProtectedResourceMetadata {
  readonly handler: (request: NodeRequest, response: NodeResponse) => void;
}

/**
 * The resource's own metadata, to route and to name in challenges: `app.get(resource.path, resource.handler)`.
 *
 * @throws {TypeError} when the resource is not a URL that metadata can be found for.
 * @see RFC 9728 §3 https://www.rfc-editor.org/rfc/rfc9728#section-3
 */
export const protectedResource = (options: ProtectedResourceOptions): ProtectedResource => {
  const metadata = protectedResourceMetadata(options);
  const answer = { status: 200, headers: metadataHeaders, body: metadata.body };
  return { ...metadata, handler: (_request, response) => respond(response, answer) };
};
