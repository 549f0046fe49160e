// Hooks for Fastify 5: requireToken and the guards go into `onRequest`. The claims are claimsOf(request); an application
// that would rather write request.claims decorates its requests with a getter that calls it.
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

/** Of a FastifyRequest, whatever its server, logger and type provider. */
export interface HookRequest {
  readonly raw: NodeRequest;
}

/** Of a FastifyReply. */
export interface HookReply {
  code(status: number): unknown;
  headers(headers: Record<string, string>): unknown;
  send(body?: string): unknown;
}

export type OnRequest = (request: HookRequest, reply: HookReply) => Promise<unknown>;

const register = createAccessRegister();

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Returns the reply, which tells Fastify that it was sent. */
const respond = (reply: HookReply, { status, headers, body }: Answer): HookReply => {
  reply.code(status);
  reply.headers(headers);
  reply.send(body === '' ? undefined : body);
  return reply;
};

/**
 * Lets a request pass whose Bearer token verifies, and refuses every other as RFC 6750 §3 says.
 *
 * @throws {TypeError} when an option cannot be right.
 */
export const requireToken = <Claims extends AccessTokenClaims>(
  verifier: AccessTokenVerifier<Claims>,
  options: RequireTokenOptions = {},
): OnRequest => {
  const check = accessCheck(verifier, options);
  return async (request, reply) => {
    const outcome = await check(credentialsOf(request.raw));
    if ('refusal' in outcome) return respond(reply, outcome.refusal);
    register.remember(request, outcome);
    return undefined;
  };
};

/** @throws {TypeError} when requireToken did not run for this request. */
export const claimsOf = <Claims extends AccessTokenClaims = AccessTokenClaims>(request: HookRequest): Claims =>
  // The type the caller's own verifier gives; nothing else is remembered for a request.
  register.of(request).claims as Claims;

const guarded =
  (guard: Guard): OnRequest =>
  async (request, reply) => {
    const refused = guard(register.of(request));
    return refused === undefined ? undefined : respond(reply, refused);
  };

/** 403 unless the token's `scope` has all of these. Stands behind requireToken. */
export const requireScope = (...scope: readonly [string, ...string[]]): OnRequest => guarded(scopeGuard(scope));

/** 403 unless the token's `roles` has all of these. Stands behind requireToken. */
export const requireRole = (...roles: readonly [string, ...string[]]): OnRequest => guarded(roleGuard(roles));

export interface ProtectedResource extends ProtectedResourceMetadata {
  readonly handler: (request: HookRequest, reply: HookReply) => HookReply;
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
  return { ...metadata, handler: (_request, reply) => respond(reply, answer) };
};
