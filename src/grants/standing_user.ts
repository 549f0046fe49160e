import { OAuthError } from '../errors.ts';
import type { Store } from '../seams/store.ts';
import type { User } from '../seams/user_store.ts';

/** The end-user tokens are asked for, if they still may have any. @throws {OAuthError} invalid_grant: user_gone (removed or locked). */
export const standingUser = async (sub: string, store: Store): Promise<User> => {
  const user = await store.findUser(sub);
  if (user === undefined || user.lockedAt !== null) throw new OAuthError('user_gone');
  return user;
};
