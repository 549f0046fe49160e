// Client metadata into a client record: defaults, and what the members mean together. RFC 7591 §2. Storing it is the
// caller's.
import { randomUUID } from 'node:crypto';
import { generateClientSecret, hashClientSecret } from '../client_authentication/client_secret.ts';
import { grantTypes as servedGrantTypes } from '../grants/grant_type.ts';
import type { Client } from '../seams/client_store.ts';
import type { NumericDate } from '../seams/clock.ts';
import type { Resource } from '../seams/resource_store.ts';
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

const resourcesOf = ({ resources: named }: ClientMetadata, existing: readonly Resource[]): readonly Resource[] => {
  const add = 'Add it first: npx keyturn resources add URI';
  if (named === undefined || named.length === 0) {
    if (existing.length === 1) return existing;
    return existing.length === 0
      ? refuse(`resources: there is no resource yet that the client could ask tokens for. ${add}`)
      : refuse(
          `resources: name at least one of the ${existing.length} there are: ${existing.map(({ resource }) => resource).join(', ')}.`,
        );
  }
  return named.map(
    (identifier) =>
      existing.find(({ resource }) => resource === identifier) ??
      refuse(`resources: ${JSON.stringify(identifier)} is not a resource here; it is compared byte for byte. ${add}`),
  );
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

const ignoredWarning = (ignored: readonly string[]): readonly string[] =>
  ignored.length === 0
    ? []
    : [
        `Ignored, because this version keeps no such metadata: ${ignored.map((name) => JSON.stringify(name)).join(', ')}.`,
      ];

const grantWarnings = (grantTypes: readonly string[]): readonly string[] =>
  grantTypes
    .filter((grantType) => !servedGrantTypes.has(grantType))
    .map(
      (grantType) =>
        `The grant type ${grantType} is registered, but the token endpoint of this version does not serve it.`,
    );

const secretWarnings = (secret: string | undefined, clientId: string, authMethod: string): readonly string[] => {
  const warnings: string[] = [];
  if (secret !== undefined && secret.length < fewestSecretCharacters)
    warnings.push(
      `The client_secret has ${secret.length} characters; below ${fewestSecretCharacters} it can be guessed from its hash. Rotate it soon: npx keyturn clients rotate-secret ${clientId}`,
    );
  if (authMethod === 'client_secret_basic' && /[+%]/.test(`${clientId}${secret ?? ''}`))
    warnings.push(
      'The client_id or client_secret has a + or %: the client must form-urlencode both in HTTP Basic (RFC 6749 §2.3.1), which many do not.',
    );
  return warnings;
};

const scopeWarnings = (scope: readonly string[], resources: readonly Resource[]): readonly string[] => {
  const unobtainable = scope.filter((value) => !resources.some((resource) => resource.scope.includes(value)));
  return unobtainable.length === 0
    ? []
    : [`No resource of this client has the scope ${unobtainable.join(' ')}; no token will carry it.`];
};

/**
 * Makes a client record of metadata; nothing is stored.
 *
 * @param input - client metadata as received, RFC 7591 §2, with `resources` (ours). It may bring `client_id` and
 *   `client_secret` along; each is made here where it is missing.
 * @param existing - every resource there is.
 * @throws {RegistrationError} invalid_client_metadata, invalid_redirect_uri.
 * @see RFC 7591 §2 https://www.rfc-editor.org/rfc/rfc7591#section-2
 */
export const registerClient = (input: unknown, existing: readonly Resource[], now: NumericDate): ClientRegistration => {
  const { metadata, ignored } = parseClientMetadata(input);
  const { token_endpoint_auth_method: tokenEndpointAuthMethod = 'client_secret_basic' } = metadata;
  const { client_id: clientId = randomUUID(), grant_types: grantTypes = ['client_credentials'] } = metadata;
  const isPublic = tokenEndpointAuthMethod === 'none';
  assertConsistent(metadata, grantTypes, isPublic);
  const resources = resourcesOf(metadata, existing);
  const scope = metadata.scope ?? [...new Set(resources.flatMap((resource) => resource.scope))];
  const clientSecret = isPublic ? null : (metadata.client_secret ?? generateClientSecret());
  return {
    client: {
      clientId,
      clientName: metadata.client_name ?? null,
      tokenEndpointAuthMethod,
      grantTypes,
      redirectUris: metadata.redirect_uris ?? [],
      scope,
      resources: resources.map(({ resource }) => resource),
      clientSecretSha256: clientSecret === null ? null : hashClientSecret(clientSecret),
      previousClientSecretSha256: null,
      previousClientSecretExpiresAt: null,
      clientIdIssuedAt: now,
    },
    clientSecret,
    warnings: [
      ...ignoredWarning(ignored),
      ...grantWarnings(grantTypes),
      ...secretWarnings(metadata.client_secret, clientId, tokenEndpointAuthMethod),
      ...scopeWarnings(scope, resources),
    ],
  };
};
