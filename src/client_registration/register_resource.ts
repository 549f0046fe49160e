// Resource metadata into a resource record. The resource indicator is RFC 8707's; the other members are ours.
import { z } from 'zod';
import type { NumericDate } from '../seams/clock.ts';
import type { Resource } from '../seams/resource_store.ts';
import { signingAlgorithms } from '../seams/signer.ts';
import { reservedClaims } from '../tokens/access_token.ts';
import { isNestedBeyond, mostClaimLevels } from '../tokens/own_claims.ts';
import { isResourceIdentifier } from '../tokens/requested_resource.ts';
import { isJsonObject, type JsonObject } from '../verifier/json_object.ts';
import { userClaimList } from './client_metadata.ts';
import { RegistrationError } from './registration_error.ts';
import { scopeMetadata } from './scope_metadata.ts';

const mostIdentifierCharacters = 2048;
const mostClaimsCharacters = 4096;
/** What finds the places of a token to revoke is kept a day after all else (sql_expiry.ts). */
const longestListedSeconds = 86_400;

export interface ResourceLimits {
  /** The lifetime where none is given. */
  readonly accessTokenSeconds: number;
  /** T: no token may live longer. */
  readonly maxTokenSeconds: number;
}

const identifier = z
  .string('expected text')
  .max(mostIdentifierCharacters, `expected at most ${mostIdentifierCharacters} characters`)
  .refine(
    isResourceIdentifier,
    'expected an absolute URI in printable ASCII without a fragment, like https://api.example.com (RFC 8707 §2)',
  );

const claimsComplaint = (claims: object): string | undefined => {
  const reserved = Object.keys(claims).filter((name) => reservedClaims.includes(name) || name === '__proto__');
  if (reserved.length > 0) return `${reserved.join(', ')}: only Keyturn sets these; choose other names`;
  if (isNestedBeyond(mostClaimLevels, claims))
    return `expected at most ${mostClaimLevels} levels of JSON in one another`;
  const { length } = JSON.stringify(claims);
  if (length > mostClaimsCharacters)
    return `expected at most ${mostClaimsCharacters} characters of JSON, found ${length}: they are in every token, and many servers take no longer header`;
  return undefined;
};

// Not z.record: it would drop a claim named __proto__ without a word.
const claims = z.custom<JsonObject>(isJsonObject, 'expected a JSON object').superRefine((value, context) => {
  const complaint = claimsComplaint(value);
  if (complaint !== undefined) context.addIssue({ code: 'custom', message: complaint });
});

const listedTooLong = ({ access_token_seconds: seconds }: { readonly access_token_seconds: number }): string =>
  `${seconds} s is longer than a token in a status list may live, ${longestListedSeconds} s. Take less, or leave the list out`;

const schemaOf = ({ accessTokenSeconds, maxTokenSeconds }: ResourceLimits) =>
  z.object({
    resource: identifier,
    scope: scopeMetadata.default([]),
    access_token_seconds: z
      .int('expected a whole number of seconds')
      .min(1, 'expected at least 1 s')
      .refine((seconds) => seconds <= maxTokenSeconds, {
        error: ({ input }) =>
          `${input} s is longer than any token may live, ${maxTokenSeconds} s (KEYTURN_MAX_TOKEN_SECONDS). Take less, or raise the setting first`,
      })
      .default(accessTokenSeconds),
    access_token_signing_alg: z
      .enum(signingAlgorithms, `expected one of ${signingAlgorithms.join(', ')}`)
      .default('ES256'),
    claims: claims.default({}),
    access_token_claims: userClaimList.default([]),
    status_list: z.boolean('expected true or false').default(false),
  });

/**
 * Makes a resource record of metadata; nothing is stored.
 *
 * @param input - resource, scope (a string), access_token_seconds, access_token_signing_alg, claims, access_token_claims, status_list.
 * @throws {RegistrationError} invalid_resource_metadata: with every complaint in the message.
 */
export const registerResource = (input: unknown, limits: ResourceLimits, now: NumericDate): Resource => {
  const parsed = schemaOf(limits)
    .refine(({ status_list: listed, access_token_seconds: seconds }) => !listed || seconds <= longestListedSeconds, {
      path: ['access_token_seconds'],
      error: ({ input: metadata }) => listedTooLong(metadata as z.output<ReturnType<typeof schemaOf>>),
    })
    .safeParse(input);
  if (!parsed.success) {
    const complaints = parsed.error.issues.map(({ path, message }) => `${path.slice(0, 1).join('')}: ${message}`);
    throw new RegistrationError('invalid_resource_metadata', `${complaints.join('; ')}.`);
  }
  const { data } = parsed;
  return {
    resource: data.resource,
    scope: data.scope,
    accessTokenSeconds: data.access_token_seconds,
    accessTokenSigningAlg: data.access_token_signing_alg,
    claims: data.claims,
    accessTokenClaims: data.access_token_claims,
    statusList: data.status_list,
    createdAt: now,
  };
};

/** A resource as it is told to its owner. */
export const resourceInformation = (resource: Resource) => ({
  resource: resource.resource,
  scope: resource.scope.join(' '),
  access_token_seconds: resource.accessTokenSeconds,
  access_token_signing_alg: resource.accessTokenSigningAlg,
  claims: resource.claims,
  ...(resource.accessTokenClaims.length > 0 && { access_token_claims: resource.accessTokenClaims }),
  ...(resource.statusList && { status_list: true }),
  created_at: resource.createdAt,
});
