// The scope a token is asked for. RFC 6749 §3.3.
import { OAuthError } from '../errors.ts';
import type { Parameters } from '../form_urlencoded.ts';
import type { Client } from '../seams/client_store.ts';
import type { Resource } from '../seams/resource_store.ts';
import { openidScopes } from './user_claims.ts';

const scopeList = /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/;

/** @returns the scope-tokens of a scope string, each once; undefined when it is malformed. */
export const parseScope = (scope: string): readonly string[] | undefined =>
  scopeList.test(scope) ? [...new Set(scope.split(' '))] : undefined;

/** Names what software asks for that takes all of scopes_supported; values of others are not repeated. */
const scopeNotAllowed = (refused: readonly string[]): OAuthError => {
  const ours = openidScopes.filter((value) => refused.includes(value));
  return new OAuthError(
    'scope_not_allowed',
    ours.length === 0 ? {} : { detail: `It may not have: ${ours.join(' ')}.` },
  );
};

/**
 * @returns the scope-tokens of a scope string, all of them allowed.
 * @throws {OAuthError} invalid_scope: scope_malformed, and what `refuse` makes of those that are not.
 */
const chosenScope = (
  asked: string,
  allowed: readonly string[],
  refuse: (refused: readonly string[]) => OAuthError,
): readonly string[] => {
  const scope = parseScope(asked);
  if (scope === undefined) throw new OAuthError('scope_malformed');
  const refused = scope.filter((value) => !allowed.includes(value));
  if (refused.length > 0) throw refuse(refused);
  return scope;
};

const mayHave = (client: Client, resource: Resource) => (value: string) =>
  client.scope.includes(value) && (openidScopes.includes(value) || resource.scope.includes(value));

/**
 * What is left of a scope that was granted: a resource may have been registered anew, with less.
 *
 * @throws {OAuthError} invalid_scope: scope_not_allowed, where nothing is: an answer without `scope` would mean all of it
 *   (RFC 6749 §5.1).
 */
export const standingScope = (granted: readonly string[], client: Client, resource: Resource): readonly string[] => {
  const standing = granted.filter(mayHave(client, resource));
  if (standing.length === 0 && granted.length > 0) throw new OAuthError('scope_not_allowed');
  return standing;
};

/**
 * What a refresh asks for: a subset of what was granted, all of it where none is named. RFC 6749 §6.
 *
 * @throws {OAuthError} invalid_scope: scope_malformed, scope_not_granted.
 */
export const narrowedScope = (parameters: Parameters, granted: readonly string[]): readonly string[] => {
  const asked = parameters.get('scope');
  return asked === undefined ? granted : chosenScope(asked, granted, () => new OAuthError('scope_not_granted'));
};

/**
 * What an authorization request asks for: OpenID Connect's own scope values, and the resource's.
 *
 * @returns where none is named, all the client may have but offline_access, which must be asked for (OIDC Core §11).
 * @throws {OAuthError} invalid_scope: scope_malformed, scope_not_allowed.
 */
export const requestedUserScope = (parameters: Parameters, client: Client, resource: Resource): readonly string[] => {
  const allowed = client.scope.filter(mayHave(client, resource));
  const asked = parameters.get('scope');
  if (asked === undefined) return allowed.filter((value) => value !== 'offline_access');
  return chosenScope(asked, allowed, scopeNotAllowed);
};

/**
 * @returns the scope asked for; where none is, all the client may have at the resource.
 * @throws {OAuthError} invalid_scope: scope_malformed, scope_not_allowed.
 * @see RFC 6749 §3.3 https://www.rfc-editor.org/rfc/rfc6749#section-3.3
 */
export const requestedScope = (parameters: Parameters, client: Client, resource: Resource): readonly string[] => {
  const asked = parameters.get('scope');
  const allowed = client.scope.filter((value) => resource.scope.includes(value));
  return asked === undefined ? allowed : chosenScope(asked, allowed, scopeNotAllowed);
};
