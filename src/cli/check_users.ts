import { isKnownPasswordHash } from '../adapters/node_rs_password_hasher.ts';
import type { User } from '../seams/user_store.ts';
import { type Finding, good, wrong } from './finding.ts';

/** What doctor says of users: a hash that is not touched lets nobody in, and its owner is only told of a wrong password. */
export const checkUsers = (users: readonly User[]): readonly Finding[] => {
  const unusable = users.filter(({ passwordHash }) => passwordHash !== null && !isKnownPasswordHash(passwordHash));
  if (unusable.length === 0)
    return users.length === 0 ? [] : [good('users', `Every password hash (users: ${users.length}) can be verified.`)];
  return unusable.map(({ username }) =>
    wrong(
      'users',
      `The password hash of ${username} is no argon2id or bcrypt hash that is verified here, or asks for too much: they cannot sign in. Somebody wrote it into the database. Run: npx keyturn users set-password ${username}`,
    ),
  );
};
