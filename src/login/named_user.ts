import type { User, UserStore } from '../seams/user_store.ts';
import { canonicalLogin } from './username.ts';

/** Whom a typed username or e-mail address names. */
export const namedUser = async (
  typed: string,
  store: Pick<UserStore, 'findUserByLogin'>,
): Promise<User | undefined> => {
  const login = canonicalLogin(typed);
  return login === undefined ? undefined : store.findUserByLogin(login);
};
