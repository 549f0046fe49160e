// grant_type=refresh_token: rotated on every use, the same answer again within the retry window, fatal to its family
// after it. RFC 6749 §6, RFC 9700 §4.14.
import { decodeJwt } from 'jose';
import { OAuthError } from '../errors.ts';
import type { Provider } from '../provider.ts';
import type { Client } from '../seams/client_store.ts';
import { endFamily } from '../tokens/end_family.ts';
import { type FoundRefreshToken, findRefreshToken } from '../tokens/find_refresh_token.ts';
import type { TokenResponse } from '../tokens/issue.ts';
import { nextRefreshToken } from '../tokens/refresh_token_value.ts';
import { narrowedScope, standingScope } from '../tokens/requested_scope.ts';
import { openAnswer, sealAnswer } from '../tokens/sealed_answer.ts';
import { expiryOf, refreshTokenRecord } from './authorization_code.ts';
import { authorizedResource } from './authorized_resource.ts';
import type { Grant } from './grant.ts';
import { standingUser } from './standing_user.ts';

/** Of the refreshes within one retry window, as many are followed. */
const mostHops = 100;

const findToken = async (
  presented: string,
  client: Client,
  { store, clock, config }: Provider,
): Promise<FoundRefreshToken> => {
  const found = await findRefreshToken(presented, store);
  if (found === undefined) throw new OAuthError('refresh_token_unknown');
  const { family } = found;
  if (family.clientId !== client.clientId) throw new OAuthError('client_mismatch');
  if (family.endedAt !== null) throw new OAuthError('family_ended');
  if (clock.now() >= expiryOf(found, config)) throw new OAuthError('refresh_token_expired');
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

/** Whether a token in an answer has expired, as it may where a retry window is longer than its life. */
const isOver = ({ access_token, id_token }: TokenResponse, { keyRing }: Provider): boolean =>
  [access_token, id_token].some(
    (token) => token !== undefined && keyRing.databaseTime() >= (decodeJwt(token).exp ?? 0),
  );

interface Exchanged extends FoundRefreshToken {
  readonly presented: string;
}

/**
 * The token to go by. A repeat whose answer is over stands for the successor in it, which its client would come with next:
 * it neither gets tokens that have expired, nor is it taken for a theft.
 */
const tokenToExchange = async (
  presented: string,
  client: Client,
  provider: Provider,
  hopsLeft = mostHops,
): Promise<Exchanged> => {
  const found = await findToken(presented, client, provider);
  if (found.token.usedAt === null) return { ...found, presented };
  const answer = answerToRepeat(found, provider);
  if (answer === undefined) return refuseReuse(found, provider);
  const response = openAnswer(answer, presented);
  if (response.refresh_token === undefined || !isOver(response, provider)) return { ...found, presented };
  if (hopsLeft === 0) return refuseReuse(found, provider);
  return tokenToExchange(response.refresh_token, client, provider, hopsLeft - 1);
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
  const sent = parameters.get('refresh_token');
  if (sent === undefined) throw new OAuthError('refresh_token_missing');
  const { presented, ...found } = await tokenToExchange(sent, client, provider);
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
        successor: refreshTokenRecord(successor, family, usedAt, config),
      });
      return rotated ? response : answerAgain(presented, await findToken(presented, client, provider), provider);
    },
  };
};
