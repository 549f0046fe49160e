// `keyturn users add` and `keyturn users update`.
import { randomUUID } from 'node:crypto';
import { readConfig } from '../config.ts';
import { OperatorError } from '../errors.ts';
import { namesIn } from '../login/sign_up.ts';
import { canonicalEmail, canonicalUsername } from '../login/username.ts';
import type { User, UserChanges } from '../seams/user_store.ts';
import { auditEvent } from '../tokens/audit.ts';
import { findUser } from './find_user.ts';
import { profileClaims, type TypedClaim } from './profile_claims.ts';
import { type PasswordOptions, readPasswordHash } from './read_password.ts';
import { escaped, safeText, shellWord } from './safe_text.ts';
import { type AnswerOptions, answer, type Terminal, warn } from './terminal.ts';
import { snakeCase, userInformation, userInWords } from './users_show.ts';
import { withExistingStore, withStore } from './with_store.ts';

interface ProfileOptions extends AnswerOptions {
  /** False: drop it. */
  readonly email?: string | false;
  readonly emailVerified?: boolean;
  readonly name?: string;
  readonly claim?: readonly TypedClaim[];
  /** False: none. */
  readonly role?: readonly string[] | false;
}

export const roleForm = /^[\x21-\x7e]{1,100}$/;

const usernameOf = (typed: string): string => {
  const username = canonicalUsername(typed);
  if (username !== undefined) return username;
  throw new OperatorError(
    `${JSON.stringify(typed).replace(/[^ -~]/g, escaped)} cannot be a username: expected 1 to 64 of a-z 0-9 . _ - beginning and ending with a letter or digit. An e-mail address goes into --email.`,
  );
};

const emailOf = (typed: string): string => {
  const email = canonicalEmail(typed);
  if (email !== undefined) return email;
  throw new OperatorError(`${safeText(JSON.stringify(typed))} is no e-mail address. Nothing was changed.`);
};

/** @returns undefined where nothing is said of it, null where it is to go. */
const wantedEmail = ({ email }: ProfileOptions): string | null | undefined => {
  if (email === undefined) return undefined;
  return email === false ? null : emailOf(email);
};

const rolesOf = (roles: readonly string[]): readonly string[] => {
  const wrong = roles.find((role) => !roleForm.test(role));
  if (wrong === undefined) return [...new Set(roles)];
  throw new OperatorError(
    `${safeText(JSON.stringify(wrong))} cannot be a role: expected 1 to 100 printable ASCII characters without spaces. Nothing was changed.`,
  );
};

const typedClaims = ({ name, claim = [] }: ProfileOptions): readonly TypedClaim[] =>
  name === undefined ? claim : [...claim, ['name', name]];

const emailTaken = (email: string): OperatorError =>
  new OperatorError(
    `The e-mail address ${email} is another user's; nothing was changed. See: npx keyturn users show ${shellWord(email)}`,
  );

export const addUser = async (
  typed: string,
  options: ProfileOptions & PasswordOptions,
  terminal: Terminal,
): Promise<void> => {
  const config = readConfig(terminal.environment);
  const { clock } = terminal;
  const username = usernameOf(typed);
  const email = wantedEmail(options) ?? null;
  if (options.emailVerified && email === null) throw new OperatorError('--email-verified goes with --email.');
  const claims = profileClaims(typedClaims(options));
  const roles = rolesOf(options.role || []);
  const user = await withStore(config, async (store): Promise<User> => {
    const taken = (): OperatorError =>
      new OperatorError(
        `The username ${username} is taken; nothing was changed. See: npx keyturn users show ${username}`,
      );
    if ((await store.findUserByLogin(username)) !== undefined) throw taken();
    const passwordHash = await readPasswordHash(options, namesIn(username, email, config.issuer), terminal);
    const now = clock.now();
    const added: User = {
      sub: randomUUID(),
      username,
      email,
      emailVerified: options.emailVerified ?? false,
      passwordHash,
      passwordChangedAt: passwordHash === null ? null : now,
      claims,
      roles,
      lockedAt: null,
      createdAt: now,
      updatedAt: now,
    };
    if (!(await store.addUser(added, auditEvent('user.added', { sub: added.sub }, terminal))))
      throw email === null || (await store.findUserByLogin(username)) !== undefined ? taken() : emailTaken(email);
    return added;
  });
  if (user.passwordHash === null)
    warn(terminal, `${username} has no password and cannot sign in yet: npx keyturn users set-password ${username}`);
  answer(terminal, options, userInformation(user), `Added the user:\n${userInWords(user, clock.now())}`);
};

const changesOf = (user: User, options: ProfileOptions): UserChanges => {
  const email = wantedEmail(options);
  const isNew = email !== undefined && email !== user.email;
  const emailVerified = options.emailVerified ?? (isNew ? false : undefined);
  if (emailVerified && (email === undefined ? user.email : email) === null)
    throw new OperatorError('--email-verified needs an e-mail address: add --email. Nothing was changed.');
  const typed = typedClaims(options);
  return {
    ...(email !== undefined && { email }),
    ...(emailVerified !== undefined && { emailVerified }),
    ...(typed.length > 0 && { claims: profileClaims(typed, user.claims) }),
    ...(options.role !== undefined && { roles: rolesOf(options.role || []) }),
  };
};

export const updateUser = async (typed: string, options: ProfileOptions, terminal: Terminal): Promise<void> => {
  const { clock } = terminal;
  const user = await withExistingStore(readConfig(terminal.environment), async (store) => {
    const before = await findUser(typed, store);
    const { sub } = before;
    const changes = changesOf(before, options);
    const changed = Object.keys(changes).map(snakeCase);
    if (changed.length === 0) throw new OperatorError('Nothing to change was named. Add --help to see what there is.');
    const event = auditEvent('user.updated', { sub, details: { changed: changed.join(' ') } }, terminal);
    if (!(await store.updateUser(sub, changes, clock.now(), event))) {
      // Gone meanwhile, which is said, or else the address is taken.
      await findUser(sub, store);
      throw emailTaken(changes.email ?? typed);
    }
    return findUser(sub, store);
  });
  answer(terminal, options, userInformation(user), `Changed the user:\n${userInWords(user, clock.now())}`);
};
