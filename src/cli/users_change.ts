// `keyturn users set-password`, `lock`, `unlock` and `remove`.
import { readConfig } from '../config.ts';
import { OperatorError } from '../errors.ts';
import { namesIn } from '../login/sign_up.ts';
import { auditEvent } from '../tokens/audit.ts';
import { assertClock } from './assert_clock.ts';
import { findUser, userUnknown } from './find_user.ts';
import { instantInWords } from './instants.ts';
import { type PasswordOptions, readPasswordHash } from './read_password.ts';
import { type AnswerOptions, answer, type Terminal } from './terminal.ts';
import { withExistingStore } from './with_store.ts';

const ended =
  'Every session and token of theirs ended, and the applications with a back-channel logout URI are told. Verifiers that do not follow revocation accept access tokens that are out until they expire.';

export const setPassword = async (
  typed: string,
  options: AnswerOptions & PasswordOptions,
  terminal: Terminal,
): Promise<void> => {
  const config = readConfig(terminal.environment);
  const { clock } = terminal;
  const { sub, username } = await withExistingStore(config, async (store) => {
    const user = await findUser(typed, store);
    const names = namesIn(user.username, user.email, config.issuer);
    const passwordHash = await readPasswordHash(options, names, terminal);
    if (passwordHash === null)
      throw new OperatorError(
        'No password was given; nothing was changed. Run this on a terminal to be asked for it, or pipe it in with --password-stdin.',
      );
    await assertClock(store, config, terminal);
    const event = auditEvent('password.changed', { sub: user.sub, details: { by: 'operator' } }, terminal);
    if (!(await store.setPassword(user.sub, passwordHash, clock.now(), null, event))) throw userUnknown(typed);
    return user;
  });
  answer(terminal, options, { sub, username, password_set: true }, `${username} has a new password. ${ended}`);
};

export const lockUser = async (typed: string, options: AnswerOptions, terminal: Terminal): Promise<void> => {
  const config = readConfig(terminal.environment);
  const { clock } = terminal;
  const now = clock.now();
  const { sub, username, lockedAt } = await withExistingStore(config, async (store) => {
    const user = await findUser(typed, store);
    await assertClock(store, config, terminal);
    const event = user.lockedAt === null ? auditEvent('user.locked', { sub: user.sub }, terminal) : null;
    if (!(await store.lockUser(user.sub, now, event))) throw userUnknown(typed);
    return user;
  });
  const words =
    lockedAt === null
      ? `${username} is locked. ${ended}\nTo let them in again: npx keyturn users unlock ${username}`
      : `${username} was locked already, ${instantInWords(lockedAt, now)}.`;
  answer(terminal, options, { sub, username, locked_at: lockedAt ?? now }, words);
};

export const unlockUser = async (typed: string, options: AnswerOptions, terminal: Terminal): Promise<void> => {
  const { sub, username, lockedAt } = await withExistingStore(readConfig(terminal.environment), async (store) => {
    const user = await findUser(typed, store);
    const event = user.lockedAt === null ? null : auditEvent('user.unlocked', { sub: user.sub }, terminal);
    if (!(await store.unlockUser(user.sub, event))) throw userUnknown(typed);
    return user;
  });
  const words =
    lockedAt === null ? `${username} was not locked; nothing was changed.` : `${username} may sign in again.`;
  answer(terminal, options, { sub, username, locked_at: null }, words);
};

const counted = (count: number, one: string, more: string): string => `${count} ${count === 1 ? one : more}`;

export const removeUser = async (typed: string, options: AnswerOptions, terminal: Terminal): Promise<void> => {
  const config = readConfig(terminal.environment);
  const { sub, username, ...removed } = await withExistingStore(config, async (store) => {
    const { sub, username } = await findUser(typed, store);
    await assertClock(store, config, terminal);
    const data = await store.readPersonalData(sub);
    const event = auditEvent('user.removed', { sub }, terminal);
    if (data === undefined || !(await store.removeUser(sub, terminal.clock.now(), event))) throw userUnknown(typed);
    const { sessions, consents, families } = data;
    return { sub, username, sessions: sessions.length, consents: consents.length, families: families.length };
  });
  const { sessions, consents, families } = removed;
  const words =
    `Removed the user ${username} (${sub}), and with them ${counted(sessions, 'session', 'sessions')}, ` +
    `${counted(consents, 'consent', 'consents')} and the tokens of ${counted(families, 'sign-in', 'sign-ins')}.\n` +
    'Verifiers that do not follow revocation accept access tokens that are out until they expire. The audit log keeps what happened under the sub, without network addresses.';
  const document = { sub, username, removed: true, sessions, consents, token_families: families };
  answer(terminal, options, document, words);
};
