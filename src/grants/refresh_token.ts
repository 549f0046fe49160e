// grant_type=refresh_token: rotated on every use, the same answer again within the retry window, fatal to its family
// after it. RFC 6749 §6, RFC 9700 §4.14.
import { OAuthError } from '../errors.ts';
import type { Provider } from '../provider.ts';
import type { Client } from '../seams/client_store.ts';
import { endFamily } from '../tokens/end_family.ts';
import { type FoundRefreshToken, findRefreshToken } from '../tokens/find_refresh_token.ts';
import type { TokenResponse } from '../tokens/issue.ts';
import { nextRefreshToken } from '../tokens/refresh_token_value.ts';
import { narrowedScope, standingScope } from '../tokens/requested_scope.ts';
import { openAnswer, sealAnswer } from '../tokens/sealed_answer.ts';
import { refreshTokenRecord } from './authorization_code.ts';
import { authorizedResource } from './authorized_resource.ts';
import type { Grant } from './grant.ts';
import { standingUser } from './standing_user.ts';

const findToken = async (presented: string, client: Client, { store, clock }: Provider): Promise<FoundRefreshToken> => {
  const found = await findRefreshToken(presented, store);
  if (found === undefined) throw new OAuthError('refresh_token_unknown');
  const { token, family } = found;
  if (family.clientId !== client.clientId) throw new OAuthError('client_mismatch');
  if (family.endedAt !== null) throw new OAuthError('family_ended');
  const expiresAt = token.usedAt === null ? token.expiresAt : family.expiresAt;
  if (clock.now() >= expiresAt) throw new OAuthError('refresh_token_expired');
  return found;
};

/** Somebody else has the token: the family ends. */
const refuseReuse = async ({ family }: FoundRefreshToken, provider: Provider): Promise<never> => {
  await endFamily(family, 'refresh_token_reused', provider);
  throw new OAuthError('refresh_token_reused');
};

/**
 * The node that spent it may have had a slow clock, and this one a fast one: both go by the database's.
 *
 * @returns what a spent token was answered with; undefined once its retry window is over.
 */
const answerToRepeat = ({ token }: FoundRefreshToken, { keyRing, config }: Provider): string | undefined => {
  if (token.usedAt === null || keyRing.databaseTime() >= token.usedAt + config.refreshRetrySeconds) return undefined;
  return token.answer ?? undefined;
};

const answerAgain = async (presented: string, found: FoundRefreshToken, provider: Provider): Promise<TokenResponse> => {
  const answer = answerToRepeat(found, provider);
  return answer === undefined ? refuseReuse(found, provider) : openAnswer(answer, presented);
};

/**
 * Exchanges a refresh token for new tokens and its successor.
 *
 * @throws {OAuthError} invalid_request: refresh_token_missing; invalid_grant: refresh_token_unknown, refresh_token_expired,
 *   client_mismatch, family_ended, user_gone, refresh_token_reused (which also ends the family); invalid_scope, invalid_target.
 * @see RFC 6749 §6 https://www.rfc-editor.org/rfc/rfc6749#section-6
 */
export const refreshToken: Grant = async (parameters, client, provider) => {
  const { store, keyRing, config } = provider;
  const presented = parameters.get('refresh_token');
  if (presented === undefined) throw new OAuthError('refresh_token_missing');
  const found = await findToken(presented, client, provider);
  if (found.token.usedAt !== null && answerToRepeat(found, provider) === undefined) return refuseReuse(found, provider);
  const family = { ...found.family, nonce: null };
  const user = await standingUser(family.sub, store);
  const resource = await authorizedResource(parameters, family.resource, provider);
  const scope = standingScope(narrowedScope(parameters, family.scope), client, resource);
  const successor = nextRefreshToken(presented);
  return {
    authorization: {
      client,
      subject: user.sub,
      resource,
      scope,
      endUser: { user, family, refreshToken: successor },
    },
    settle: async ({ response, place }) => {
      if (found.token.usedAt !== null) return answerAgain(presented, found, provider);
      const usedAt = keyRing.databaseTime();
      const rotated = await store.rotateRefreshToken({
        tokenHash: found.token.tokenHash,
        usedAt,
        answer: sealAnswer(response, presented),
        place,
        successor: refreshTokenRecord(successor, family, usedAt, config.refreshTokenSeconds),
      });
      return rotated ? response : answerAgain(presented, await findToken(presented, client, provider), provider);
    },
  };
};
