// grant_type=authorization_code: what the end-user granted at the authorization endpoint. RFC 6749 §4.1.3.
import type { Config } from '../config.ts';
import { OAuthError } from '../errors.ts';
import type { Parameters } from '../form_urlencoded.ts';
import type { Provider } from '../provider.ts';
import type { Client } from '../seams/client_store.ts';
import type { NumericDate } from '../seams/clock.ts';
import type { AuthorizationCode, RefreshToken, TokenFamily } from '../seams/token_store.ts';
import { endFamily } from '../tokens/end_family.ts';
import type { FoundRefreshToken } from '../tokens/find_refresh_token.ts';
import { hashOpaque } from '../tokens/opaque.ts';
import { firstRefreshToken, isOfFamily } from '../tokens/refresh_token_value.ts';
import { standingScope } from '../tokens/requested_scope.ts';
import { authorizedResource } from './authorized_resource.ts';
import { answersChallenge } from './code_verifier.ts';
import type { Grant } from './grant.ts';
import { standingUser } from './standing_user.ts';

/** Finds the code and checks all that a thief would not know, before anything that could spend it or end its family. */
const provenCode = async (
  parameters: Parameters,
  client: Client,
  { store, clock }: Provider,
): Promise<AuthorizationCode> => {
  const presented = parameters.get('code');
  if (presented === undefined) throw new OAuthError('code_missing');
  const code = await store.findAuthorizationCode(hashOpaque(presented));
  if (code === undefined) throw new OAuthError('code_unknown');
  if (code.clientId !== client.clientId) throw new OAuthError('client_mismatch');
  if (parameters.get('redirect_uri') !== code.redirectUri) throw new OAuthError('redirect_uri_mismatch');
  if (!answersChallenge(parameters.get('code_verifier'), code.codeChallenge)) throw new OAuthError('pkce_mismatch');
  if (code.usedAt === null && clock.now() >= code.expiresAt) throw new OAuthError('code_expired');
  return code;
};

/** A code used twice ends all that its first use gave. RFC 6749 §4.1.2. */
const refuseReuse = async (code: AuthorizationCode, provider: Provider): Promise<never> => {
  await endFamily(code, 'code_reused', provider);
  throw new OAuthError('code_used');
};

const familyOf = async (
  code: AuthorizationCode,
  secretHash: string | null,
  now: NumericDate,
  provider: Provider,
): Promise<TokenFamily> => {
  const { store, config } = provider;
  const session = await store.findSessionBySid(code.sid);
  if (session === undefined) throw new OAuthError('family_ended');
  const offline = code.scope.includes('offline_access');
  const lastRefresh = now + config.refreshFamilySeconds;
  const { codeHash, redirectUri, codeChallenge, usedAt, ...authorized } = code;
  return {
    ...authorized,
    offline,
    createdAt: now,
    // For as long as the session, whose clients are told of its end.
    expiresAt: offline ? Math.max(lastRefresh, session.expiresAt) : session.expiresAt,
    endedAt: null,
    endReason: null,
    secretHash,
  };
};

/** Until when refresh tokens of a family are taken, however often they are used. */
const lastRefreshOf = ({ createdAt, expiresAt }: TokenFamily, { refreshFamilySeconds }: Config): NumericDate =>
  Math.min(createdAt + refreshFamilySeconds, expiresAt);

/** Until when a refresh token is taken; one that was spent is known for as long as those after it. */
export const expiryOf = ({ token, family }: FoundRefreshToken, config: Config): NumericDate =>
  Math.min(token.usedAt === null ? token.expiresAt : Number.POSITIVE_INFINITY, lastRefreshOf(family, config));

/** A refresh token to be handed out as `value`; it may lie unused for the idle time. */
export const refreshTokenRecord = (
  value: string,
  family: TokenFamily,
  now: NumericDate,
  config: Config,
): RefreshToken => ({
  tokenHash: hashOpaque(value),
  familyId: family.familyId,
  expiresAt: Math.min(now + config.refreshTokenSeconds, lastRefreshOf(family, config)),
  usedAt: null,
  answer: null,
  tellsFamily: isOfFamily(value, family),
});

/**
 * Redeems an authorization code for what the end-user granted.
 *
 * The code is 43 base64url characters (32 bytes), looked up by SHA-256 and never stored. It is valid while now < expiresAt.
 *
 * @throws {OAuthError} invalid_request: code_missing; invalid_grant: code_unknown, code_expired, client_mismatch,
 *   redirect_uri_mismatch, pkce_mismatch, family_ended, user_gone, code_used (which also ends what the code gave);
 *   invalid_scope, invalid_target.
 * @see RFC 6749 §4.1.3 https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3
 */
export const authorizationCode: Grant = async (parameters, client, provider) => {
  const { store, clock, config } = provider;
  const code = await provenCode(parameters, client, provider);
  if (code.usedAt !== null) return refuseReuse(code, provider);
  const resource = await authorizedResource(parameters, code.resource, provider);
  const user = await standingUser(code.sub, store);
  const now = clock.now();
  const refreshToken = client.grantTypes.includes('refresh_token') ? firstRefreshToken(code.familyId) : undefined;
  const family = await familyOf(code, refreshToken?.secretHash ?? null, now, provider);
  const kept = refreshToken === undefined ? null : refreshTokenRecord(refreshToken.value, family, now, config);
  return {
    authorization: {
      client,
      subject: user.sub,
      resource,
      scope: standingScope(code.scope, client, resource),
      endUser: { user, family, refreshToken: refreshToken?.value },
    },
    settle: async ({ response, place }) =>
      (await store.redeemCode(code.codeHash, clock.now(), family, kept, place))
        ? response
        : refuseReuse(code, provider),
  };
};
