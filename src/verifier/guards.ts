// What a verified token must allow: scope values and roles. RFC 6750 §3.1 (insufficient_scope), RFC 9068 §2.2.3.1.
import type { Access, Guard } from './access.ts';
import { type Refusal, refusal } from './challenge.ts';

const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

const assertNamed = (what: string, values: readonly unknown[], pattern: RegExp): void => {
  if (values.length === 0) throw new TypeError(`No ${what} is named, so nothing would be guarded. Name at least one.`);
  for (const value of values)
    if (typeof value !== 'string' || !pattern.test(value))
      throw new TypeError(`${JSON.stringify(value)} is no ${what}. Expected one value in each argument, like "read".`);
};

const refuse = (access: Access, refused: Refusal): Refusal => {
  access.onRefused?.(refused);
  return refused;
};

/** @throws {TypeError} when none is named, or one that no token can have. */
export const scopeGuard = (scope: readonly string[]): Guard => {
  assertNamed('scope value', scope, scopeToken);
  const description = 'The access token does not have the scope that this needs.';
  return (access) => {
    const has = typeof access.claims.scope === 'string' ? access.claims.scope.split(' ') : [];
    if (scope.every((value) => has.includes(value))) return undefined;
    const problem = { error: 'insufficient_scope', description, scope } as const;
    return refuse(access, refusal(403, problem, access.space, { reason: 'scope_insufficient' }));
  };
};

/** @throws {TypeError} when none is named. */
export const roleGuard = (roles: readonly string[]): Guard => {
  assertNamed('role', roles, /./);
  const description = 'The access token does not have the role that this needs.';
  return (access) => {
    const has: readonly unknown[] = Array.isArray(access.claims.roles) ? access.claims.roles : [];
    if (roles.every((role) => has.includes(role))) return undefined;
    const problem = { error: 'insufficient_scope', description } as const;
    return refuse(access, refusal(403, problem, access.space, { reason: 'role_missing' }));
  };
};
