// What doctor says of users: a hash that is not touched lets nobody in, and its owner is only told of a wrong password.
import { isKnownPasswordHash } from '../adapters/node_rs_password_hasher.ts';
import type { UserStore } from '../seams/user_store.ts';
import { type Finding, good, wrong } from './finding.ts';

const usersAtOnce = 1000;
/** Beyond them it says that it did not look. */
const mostUsers = 1_000_000;
const mostNamed = 10;

const unusable = (usernames: readonly string[]): readonly Finding[] => {
  const named = usernames
    .slice(0, mostNamed)
    .map((username) =>
      wrong(
        'users',
        `The password hash of ${username} is not an argon2id or bcrypt hash that Keyturn verifies, or costs too much to verify: they cannot sign in. Somebody wrote it into the database. Run: npx keyturn users set-password ${username}`,
      ),
    );
  const more = usernames.length - named.length;
  return more === 0 ? named : [...named, wrong('users', `Nor can ${more} more, for the same reason.`)];
};

export const checkUsers = async (
  store: Pick<UserStore, 'listUsers'>,
  most = mostUsers,
): Promise<readonly Finding[]> => {
  const wronged: string[] = [];
  let seen = 0;
  for (let after: string | undefined = ''; after !== undefined && seen < most; ) {
    const users = await store.listUsers(after, Math.min(usersAtOnce, most - seen));
    for (const { username, passwordHash } of users)
      if (passwordHash !== null && !isKnownPasswordHash(passwordHash)) wronged.push(username);
    seen += users.length;
    after = users.at(-1)?.username;
  }
  if (seen === 0 || wronged.length > 0) return unusable(wronged);
  const all = seen < most ? `(users: ${seen})` : `of the first ${most} users`;
  return [good('users', `Every password hash ${all} can be verified.`)];
};
