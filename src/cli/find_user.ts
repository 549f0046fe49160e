import { OperatorError } from '../errors.ts';
import { namedUser } from '../login/named_user.ts';
import type { User, UserStore } from '../seams/user_store.ts';
import { safeText } from './safe_text.ts';

export const userUnknown = (typed: string): OperatorError =>
  new OperatorError(
    `There is no user with the username, e-mail address or sub ${safeText(typed)}. "keyturn users list" shows those there are.`,
  );

/** @param typed - username, e-mail address or sub. @throws {OperatorError} when there is no such user. */
export const findUser = async (
  typed: string,
  store: Pick<UserStore, 'findUser' | 'findUserByLogin'>,
): Promise<User> => {
  const user = (await store.findUser(typed)) ?? (await namedUser(typed, store));
  if (user === undefined) throw userUnknown(typed);
  return user;
};
