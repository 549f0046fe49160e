// Client metadata into a client record: defaults, and what the members mean together. RFC 7591 §2. Storing it is the
// caller's.
import { randomUUID } from 'node:crypto';
import { generateClientSecret, hashClientSecret } from '../client_authentication/client_secret.ts';
import { grantTypes as servedGrantTypes } from '../grants/grant_type.ts';
import type { Client } from '../seams/client_store.ts';
import type { NumericDate } from '../seams/clock.ts';
import type { Resource } from '../seams/resource_store.ts';
import { openidScopes } from '../tokens/user_claims.ts';
import { type ClientMetadata, parseClientMetadata } from './client_metadata.ts';
import { RegistrationError } from './registration_error.ts';

export interface ClientRegistration {
  readonly client: Client;
  /** To be shown once, never stored; null for a public client. */
  readonly clientSecret: string | null;
  /** What was accepted but should be known, one sentence or two each. */
  readonly warnings: readonly string[];
}

/** 128 bits in base64url: shorter ones can be found from their SHA-256 by trying. */
const fewestSecretCharacters = 22;

const refuse = (description: string): never => {
  throw new RegistrationError('invalid_client_metadata', description);
};

const addFirst = 'Add it first: npx keyturn resources add URI';

const named = (member: string, identifiers: readonly string[], existing: readonly Resource[]): readonly Resource[] =>
  identifiers.map(
    (identifier) =>
      existing.find(({ resource }) => resource === identifier) ??
      refuse(
        `${member}: ${JSON.stringify(identifier)} is not a resource here; it is compared byte for byte. ${addFirst}`,
      ),
  );

/** A client that acts for itself needs a resource; one that end-users sign in to may do with userinfo. */
const resourcesOf = (
  { resources = [] }: ClientMetadata,
  grantTypes: readonly string[],
  existing: readonly Resource[],
): readonly Resource[] => {
  if (resources.length > 0) return named('resources', resources, existing);
  if (grantTypes.includes('authorization_code') && !grantTypes.includes('client_credentials')) return [];
  if (existing.length === 1) return existing;
  return existing.length === 0
    ? refuse(`resources: there is no resource yet that the client could ask tokens for. ${addFirst}`)
    : refuse(
        `resources: name at least one of the ${existing.length} there are: ${existing.map(({ resource }) => resource).join(', ')}.`,
      );
};

/** What redirect URIs are for, and without one a service that acts for itself. RFC 7591 §2. */
const defaultGrantTypes = ({ redirect_uris: redirectUris = [] }: ClientMetadata): readonly string[] =>
  redirectUris.length > 0 ? ['authorization_code'] : ['client_credentials'];

const defaultScope = (grantTypes: readonly string[], resources: readonly Resource[]): readonly string[] => {
  const ofEndUser = grantTypes.includes('authorization_code') ? ['openid', 'profile', 'email'] : [];
  const offline = ofEndUser.length > 0 && grantTypes.includes('refresh_token') ? ['offline_access'] : [];
  return [...new Set([...ofEndUser, ...offline, ...resources.flatMap(({ scope }) => scope)])];
};

const assertConsistent = (metadata: ClientMetadata, grantTypes: readonly string[], isPublic: boolean): void => {
  if (grantTypes.length === 0) refuse('grant_types: expected at least one.');
  if (isPublic && grantTypes.includes('client_credentials'))
    refuse(
      'token_endpoint_auth_method: none makes a public client, which may not use client_credentials (RFC 6749 §4.4). ' +
        'Use client_secret_basic, or register other grant_types.',
    );
  if (isPublic && metadata.client_secret !== undefined)
    refuse('client_secret: a client with token_endpoint_auth_method none has no secret.');
  if (grantTypes.includes('authorization_code') && (metadata.redirect_uris ?? []).length === 0)
    throw new RegistrationError(
      'invalid_redirect_uri',
      'redirect_uris: at least one is required for authorization_code.',
    );
};

const assertEndUserMembers = (
  metadata: ClientMetadata,
  grantTypes: readonly string[],
  isPublic: boolean,
  loopback: boolean,
): void => {
  if (metadata.dangerously_allow_no_pkce && isPublic)
    refuse('dangerously_allow_no_pkce: a public client has nothing but PKCE to protect its codes (RFC 9700 §2.1.1).');
  if (metadata.dangerously_allow_no_pkce && !grantTypes.includes('authorization_code'))
    refuse('dangerously_allow_no_pkce: of no use without the grant type authorization_code.');
  const logoutUri = metadata.backchannel_logout_uri;
  if (logoutUri !== undefined && !loopback && /^http:/i.test(logoutUri))
    refuse('backchannel_logout_uri: expected https; http is for an issuer on loopback alone.');
};

const ignoredWarning = (ignored: readonly string[]): readonly string[] =>
  ignored.length === 0
    ? []
    : [
        `Ignored, because this version keeps no such metadata: ${ignored.map((name) => JSON.stringify(name)).join(', ')}.`,
      ];

const grantWarnings = (grantTypes: readonly string[]): readonly string[] => {
  const warnings = grantTypes
    .filter((grantType) => !servedGrantTypes.has(grantType))
    .map(
      (grantType) =>
        `The grant type ${grantType} is registered, but the token endpoint of this version does not serve it.`,
    );
  if (grantTypes.includes('refresh_token') && !grantTypes.includes('authorization_code'))
    warnings.push(
      'The grant type refresh_token is of no use without authorization_code: no other gives refresh tokens (RFC 6749 §4.4.3).',
    );
  return warnings;
};

const secretWarnings = (secret: string | undefined, clientId: string, authMethod: string): readonly string[] => {
  const warnings: string[] = [];
  if (secret !== undefined && secret.length < fewestSecretCharacters)
    warnings.push(
      `The client_secret has ${secret.length} characters; below ${fewestSecretCharacters} it can be guessed from its hash. Rotate it soon, by "npx keyturn clients rotate-secret".`,
    );
  if (authMethod === 'client_secret_basic' && /[+%]/.test(`${clientId}${secret ?? ''}`))
    warnings.push(
      'The client_id or client_secret has a + or %: the client must form-urlencode both in HTTP Basic (RFC 6749 §2.3.1), which many do not.',
    );
  return warnings;
};

/** The scope values of a client that no token will carry. */
export const unobtainableScope = (
  { scope, grantTypes }: Pick<Client, 'scope' | 'grantTypes'>,
  resources: readonly Resource[],
): readonly string[] => {
  const ofEndUser = grantTypes.includes('authorization_code') ? openidScopes : [];
  return scope.filter(
    (value) => !ofEndUser.includes(value) && !resources.some((resource) => resource.scope.includes(value)),
  );
};

const scopeWarnings = (client: Client, resources: readonly Resource[]): readonly string[] => {
  const unobtainable = unobtainableScope(client, resources);
  return unobtainable.length === 0
    ? []
    : [`No resource of this client has the scope ${unobtainable.join(' ')}; no token will carry it.`];
};

const dangerWarnings = ({ dangerouslyAllowNoPkce, firstParty, clientSecretSha256 }: Client): readonly string[] => {
  const warnings: string[] = [];
  if (dangerouslyAllowNoPkce)
    warnings.push(
      'DANGER: this client may go without PKCE. Whoever injects a stolen code into it signs in as its owner (RFC 9700 §4.5). Register it anew without dangerously_allow_no_pkce as soon as its software sends a code_challenge.',
    );
  if (firstParty && clientSecretSha256 === null)
    warnings.push(
      'first_party asks no end-user for consent, and a public client can be imitated: on a device, any application may pose as it (RFC 8252 §8.6).',
    );
  return warnings;
};

/** The members that matter when end-users sign in to the client, with their defaults. */
const endUserMembers = (metadata: ClientMetadata, existing: readonly Resource[]) => ({
  serves: named('serves', metadata.serves ?? [], existing).map(({ resource }) => resource),
  applicationType: metadata.application_type ?? 'web',
  firstParty: metadata.first_party ?? false,
  dangerouslyAllowNoPkce: metadata.dangerously_allow_no_pkce ?? false,
  idTokenSignedResponseAlg: metadata.id_token_signed_response_alg ?? 'RS256',
  userinfoSignedResponseAlg: metadata.userinfo_signed_response_alg ?? null,
  idTokenClaims: metadata.id_token_claims ?? [],
  postLogoutRedirectUris: metadata.post_logout_redirect_uris ?? [],
  backchannelLogoutUri: metadata.backchannel_logout_uri ?? null,
  backchannelLogoutSessionRequired: metadata.backchannel_logout_session_required ?? false,
});

/**
 * Makes a client record of metadata; nothing is stored.
 *
 * @param input - client metadata as received, RFC 7591 §2, with `resources` (ours). It may bring `client_id` and
 *   `client_secret` along; each is made here where it is missing.
 * @param existing - every resource there is.
 * @param loopback - whether the issuer is on loopback: its clients may be told of logouts by plain http there.
 * @throws {RegistrationError} invalid_client_metadata, invalid_redirect_uri.
 * @see RFC 7591 §2 https://www.rfc-editor.org/rfc/rfc7591#section-2
 */
export const registerClient = (
  input: unknown,
  existing: readonly Resource[],
  now: NumericDate,
  loopback = false,
): ClientRegistration => {
  const { metadata, ignored } = parseClientMetadata(input);
  const { token_endpoint_auth_method: tokenEndpointAuthMethod = 'client_secret_basic' } = metadata;
  const { client_id: clientId = randomUUID(), grant_types: grantTypes = defaultGrantTypes(metadata) } = metadata;
  const isPublic = tokenEndpointAuthMethod === 'none';
  assertConsistent(metadata, grantTypes, isPublic);
  assertEndUserMembers(metadata, grantTypes, isPublic, loopback);
  const resources = resourcesOf(metadata, grantTypes, existing);
  const clientSecret = isPublic ? null : (metadata.client_secret ?? generateClientSecret());
  const client: Client = {
    clientId,
    clientName: metadata.client_name ?? null,
    tokenEndpointAuthMethod,
    grantTypes,
    redirectUris: metadata.redirect_uris ?? [],
    scope: metadata.scope ?? defaultScope(grantTypes, resources),
    resources: resources.map(({ resource }) => resource),
    clientSecretSha256: clientSecret === null ? null : hashClientSecret(clientSecret),
    previousClientSecretSha256: null,
    previousClientSecretExpiresAt: null,
    clientIdIssuedAt: now,
    tokensNotBefore: null,
    ...endUserMembers(metadata, existing),
  };
  return {
    client,
    clientSecret,
    warnings: [
      ...ignoredWarning(ignored),
      ...grantWarnings(grantTypes),
      ...secretWarnings(metadata.client_secret, clientId, tokenEndpointAuthMethod),
      ...scopeWarnings(client, resources),
      ...dangerWarnings(client),
    ],
  };
};
