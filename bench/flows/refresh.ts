// A chain of refreshes: each spends the token that the one before was given. RFC 6749 §6.
import { formTarget } from '../contender.ts';
import { relyingParty } from './code.ts';
import { type RefreshFlow, type Send, type TokenAnswer, tokensOf } from './flow.ts';

export const refreshName = 'refresh';

export const refreshOnce = async (
  { tokenEndpoint, authorization }: Pick<RefreshFlow, 'tokenEndpoint' | 'authorization'>,
  refreshToken: string,
  send: Send,
): Promise<TokenAnswer> => {
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken, resource: relyingParty.resource };
  const answer = tokensOf(await send(formTarget(tokenEndpoint, authorization, form)));
  if (answer.refresh_token === refreshToken) throw new Error('The refresh token was not rotated.');
  return answer;
};
