// `keyturn users list`, `show` and `export`. They change nothing, and show a hash only where it is asked for to be moved.
import { readConfig } from '../config.ts';
import type { NumericDate } from '../seams/clock.ts';
import type { PersonalData, User } from '../seams/user_store.ts';
import { recordAudit } from '../tokens/audit.ts';
import { findUser, userUnknown } from './find_user.ts';
import { instantInWords } from './instants.ts';
import { safeJson, safeText } from './safe_text.ts';
import { type AnswerOptions, answer, type Terminal } from './terminal.ts';
import { columns } from './text_layout.ts';
import { withExistingStore } from './with_store.ts';

/** A user as told to the operator. */
export const userInformation = (user: User) => ({
  sub: user.sub,
  username: user.username,
  email: user.email,
  email_verified: user.emailVerified,
  claims: user.claims,
  roles: user.roles,
  has_password: user.passwordHash !== null,
  password_changed_at: user.passwordChangedAt,
  locked_at: user.lockedAt,
  created_at: user.createdAt,
  updated_at: user.updatedAt,
});

const emailInWords = ({ email, emailVerified }: User): string =>
  email === null ? '-' : `${email}${emailVerified ? ' (verified)' : ''}`;

const stateInWords = ({ lockedAt, passwordHash }: User): string => {
  if (lockedAt !== null) return 'locked';
  return passwordHash === null ? 'no password' : 'active';
};

const claimInWords = (value: unknown): string => safeText(typeof value === 'string' ? value : JSON.stringify(value));

export const userInWords = (user: User, now: NumericDate): string => {
  const { sub, username, claims, roles, passwordChangedAt, lockedAt, createdAt } = user;
  const rows: (readonly [string, string])[] = [
    ['sub', sub],
    ['username', username],
    ['email', emailInWords(user)],
    ...Object.entries(claims).map(([name, value]) => [name, claimInWords(value)] as const),
    ['roles', roles.join(' ') || '-'],
    ['password', passwordChangedAt === null ? 'none' : `set ${instantInWords(passwordChangedAt, now)}`],
    ['added', instantInWords(createdAt, now)],
    ...(lockedAt === null ? [] : [['locked', instantInWords(lockedAt, now)] as const]),
  ];
  return columns(rows.map(([name, value]) => [`  ${name}`, value]));
};

const heading = ['USERNAME', 'EMAIL', 'NAME', 'ROLES', 'STATE', 'SUB'];

interface ListOptions extends AnswerOptions {
  readonly after: string;
  readonly limit: number;
}

export const listUsers = async (options: ListOptions, terminal: Terminal): Promise<void> => {
  const { after, limit } = options;
  const found = await withExistingStore(readConfig(terminal.environment), (store) => store.listUsers(after, limit + 1));
  const users = found.slice(0, limit);
  const next = found.length > limit ? (users.at(-1)?.username ?? null) : null;
  const rows = users.map((user) => [
    user.username,
    emailInWords(user),
    claimInWords(user.claims.name ?? '-'),
    user.roles.join(' ') || '-',
    stateInWords(user),
    user.sub,
  ]);
  const none =
    after === ''
      ? 'There are no users yet. Add one: npx keyturn users add USERNAME'
      : `There is no user behind ${safeText(after)}.`;
  const more = next === null ? '' : `\nThere are more: npx keyturn users list --after ${safeText(next)}`;
  answer(
    terminal,
    options,
    { users: users.map(userInformation), next },
    rows.length === 0 ? none : columns([heading, ...rows]) + more,
  );
};

export const showUser = async (typed: string, options: AnswerOptions, terminal: Terminal): Promise<void> => {
  const user = await withExistingStore(readConfig(terminal.environment), (store) => findUser(typed, store));
  answer(terminal, options, userInformation(user), userInWords(user, terminal.clock.now()));
};

/** As on the wire and in the database: familyId becomes family_id. */
export const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const snakeCased = (record: object): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [snakeCase(name), value]));

interface ExportOptions {
  readonly withPasswordHash?: boolean;
}

const exported = (
  { user, sessions, consents, families, auditEvents }: PersonalData,
  { withPasswordHash }: ExportOptions,
) => ({
  user: { ...userInformation(user), ...(withPasswordHash && { password_hash: user.passwordHash }) },
  sessions: sessions.map(({ sessionHash: _session, browserHash: _browser, ...session }) => snakeCased(session)),
  consents: consents.map(snakeCased),
  token_families: families.map(({ secretHash: _secret, ...family }) => snakeCased(family)),
  audit_events: auditEvents.map(snakeCased),
});

export const exportUser = async (typed: string, options: ExportOptions, terminal: Terminal): Promise<void> => {
  const { clock } = terminal;
  const data = await withExistingStore(readConfig(terminal.environment), async (store) => {
    const { sub } = await findUser(typed, store);
    const found = await store.readPersonalData(sub);
    if (found === undefined) throw userUnknown(typed);
    const details = options.withPasswordHash ? { with_password_hash: true } : {};
    await recordAudit('user.exported', { sub, details }, { store, clock });
    return found;
  });
  terminal.print(safeJson(exported(data, options)));
};
