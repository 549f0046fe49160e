// The refresh token a client presents, and its family. One that was spent too long ago for the store to have it is known
// by its family.
import type { RefreshToken, TokenFamily, TokenStore } from '../seams/token_store.ts';
import { hashOpaque } from './opaque.ts';
import { familyIdIn, isOfFamily } from './refresh_token_value.ts';

export interface FoundRefreshToken {
  readonly token: RefreshToken;
  readonly family: TokenFamily;
}

/** When it was spent nobody knows any more. */
const forgotten = (tokenHash: string, { familyId, createdAt, expiresAt }: TokenFamily): RefreshToken => ({
  ...{ tokenHash, familyId, expiresAt },
  ...{ usedAt: createdAt, answer: null, tellsFamily: true },
});

/** @returns undefined for what is no refresh token, or one of a family that is over and gone. */
export const findRefreshToken = async (
  presented: string,
  store: Pick<TokenStore, 'findRefreshToken' | 'findFamily'>,
): Promise<FoundRefreshToken | undefined> => {
  const tokenHash = hashOpaque(presented);
  const found = await store.findRefreshToken(tokenHash);
  if (found !== undefined) return found;
  const familyId = familyIdIn(presented);
  const family = familyId === undefined ? undefined : await store.findFamily(familyId);
  if (family === undefined || !isOfFamily(presented, family)) return undefined;
  return { token: forgotten(tokenHash, family), family };
};
