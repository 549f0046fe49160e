// Client metadata as it arrives, checked member by member. RFC 7591 §2; what the members mean together is
// register_client.ts's.
import { z } from 'zod';
import { signingAlgorithms } from '../seams/signer.ts';
import { userClaimNames } from '../tokens/user_claims.ts';
import { isJsonObject } from '../verifier/json_object.ts';
import { backchannelLogoutUriComplaint, postLogoutRedirectUriComplaint, redirectUriComplaint } from './redirect_uri.ts';
import { RegistrationError } from './registration_error.ts';
import { scopeMetadata } from './scope_metadata.ts';

/** The grant types that may be registered. @see RFC 7591 §2 */
const registrableGrantTypes = ['client_credentials', 'authorization_code', 'refresh_token'] as const;

/** The authentication methods that may be registered. */
const registrableAuthMethods = ['client_secret_basic', 'client_secret_post', 'none'] as const;

const mostNameCharacters = 200;
const mostSecretCharacters = 512;
const mostListed = 100;

/** Controls, line breaks among them, and what turns the direction of writing: in no name, of a client or of a person. */
export const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

const clientName = z
  .string('expected text')
  .refine((name) => name.trim() !== '', 'expected at least one character')
  .refine((name) => [...name].length <= mostNameCharacters, `expected at most ${mostNameCharacters} characters`)
  .refine(
    (name) => !unprintable.test(name),
    'expected no control characters and none that turn the direction of writing',
  );

const clientId = z
  .string('expected text')
  .regex(/^[\x20-\x7e]{1,256}$/, 'expected 1 to 256 printable ASCII characters (RFC 6749 appendix A)')
  .refine((id) => !id.includes(':'), 'expected no colon in it: HTTP Basic would end the client_id there (RFC 7617 §2)');

const clientSecret = z
  .string('expected text')
  .regex(
    new RegExp(`^[\\x20-\\x7e]{1,${mostSecretCharacters}}$`),
    `expected 1 to ${mostSecretCharacters} printable ASCII characters (RFC 6749 appendix A)`,
  );

const uriWithout = (complaintOf: (uri: string) => string | undefined) =>
  z.string('expected text').superRefine((uri, context) => {
    const complaint = complaintOf(uri);
    if (complaint !== undefined) context.addIssue({ code: 'custom', message: `${JSON.stringify(uri)}: ${complaint}` });
  });

const redirectUri = uriWithout(redirectUriComplaint);
const postLogoutRedirectUri = uriWithout(postLogoutRedirectUriComplaint);

const list = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item, 'expected a list')
    .max(mostListed, `expected at most ${mostListed}`)
    .transform((items) => [...new Set(items)]);

const oneOf = <Value extends string>(values: readonly [Value, ...Value[]]) =>
  z.enum(values, `expected one of ${values.join(', ')}`);

const yesOrNo = z.boolean('expected true or false');
const text = z.string('expected text');

/** Names of the end-user's claims. */
export const userClaimList = list(
  text.refine((name) => userClaimNames.includes(name), {
    error: ({ input }) => `${JSON.stringify(input)}: expected some of ${userClaimNames.join(', ')}`,
  }),
);

const schema = z.object({
  client_id: clientId.optional(),
  client_secret: clientSecret.optional(),
  client_name: clientName.optional(),
  grant_types: list(oneOf(registrableGrantTypes)).optional(),
  redirect_uris: list(redirectUri).optional(),
  token_endpoint_auth_method: oneOf(registrableAuthMethods).optional(),
  scope: scopeMetadata.optional(),
  resources: list(text).optional(),
  application_type: oneOf(['web', 'native']).optional(),
  post_logout_redirect_uris: list(postLogoutRedirectUri).optional(),
  backchannel_logout_uri: uriWithout(backchannelLogoutUriComplaint).optional(),
  backchannel_logout_session_required: yesOrNo.optional(),
  id_token_signed_response_alg: oneOf(signingAlgorithms).optional(),
  userinfo_signed_response_alg: oneOf(signingAlgorithms).optional(),
  first_party: yesOrNo.optional(),
  id_token_claims: userClaimList.optional(),
  serves: list(text).optional(),
  dangerously_allow_no_pkce: yesOrNo.optional(),
});

/**
 * Metadata whose members are each well-formed. They are named as in RFC 7591 §2, OpenID Connect Dynamic Client
 * Registration 1.0 §2, RP-Initiated Logout 1.0 §3.1 and Back-Channel Logout 1.0 §2.2; `resources` (RFC 8707) and from
 * `first_party` on they are ours.
 */
export type ClientMetadata = z.output<typeof schema>;

export interface ParsedClientMetadata {
  readonly metadata: ClientMetadata;
  /** Names of members that are not kept: unknown, or of no meaning to this version. */
  readonly ignored: readonly string[];
}

/** @throws {RegistrationError} invalid_redirect_uri, invalid_client_metadata: with every complaint in the message. */
export const parseClientMetadata = (input: unknown): ParsedClientMetadata => {
  if (!isJsonObject(input))
    throw new RegistrationError('invalid_client_metadata', 'expected a JSON object of client metadata (RFC 7591 §2).');
  const parsed = schema.safeParse(input);
  if (parsed.success)
    return { metadata: parsed.data, ignored: Object.keys(input).filter((name) => !Object.hasOwn(schema.shape, name)) };
  const { issues } = parsed.error;
  const complaints = issues.map(({ path, message }) => `${path.slice(0, 1).join('')}: ${message}`);
  const onlyRedirectUris = issues.every(({ path }) => path[0] === 'redirect_uris');
  throw new RegistrationError(
    onlyRedirectUris ? 'invalid_redirect_uri' : 'invalid_client_metadata',
    `${complaints.join('; ')}.`,
  );
};
