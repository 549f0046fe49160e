// `keyturn users import`: a user as another Keyturn exported them, with their sub, so that tokens and applications go on
// knowing them, and with the hash of their password where it was exported.
import { z } from 'zod';
import { isKnownPasswordHash } from '../adapters/node_rs_password_hasher.ts';
import { readConfig } from '../config.ts';
import { OperatorError } from '../errors.ts';
import { canonicalEmail, canonicalUsername } from '../login/username.ts';
import type { User } from '../seams/user_store.ts';
import { auditEvent } from '../tokens/audit.ts';
import { assertNoClient } from './own_subject.ts';
import { wrongClaims } from './profile_claims.ts';
import { readJsonObject } from './read_json_object.ts';
import { safeText, shellWord } from './safe_text.ts';
import { type AnswerOptions, answer, type Terminal, warn } from './terminal.ts';
import { roleForm } from './users_add.ts';
import { userInformation, userInWords } from './users_show.ts';
import { withStore } from './with_store.ts';

const instant = z.int().nonnegative();

const exportedUser = z.object({
  user: z.object({
    sub: z.string().regex(/^[\x21-\x7e]{1,255}$/, 'expected 1 to 255 printable ASCII characters'),
    username: z.string().refine((name) => canonicalUsername(name) === name, 'expected a username in canonical form'),
    email: z
      .string()
      .refine((email) => canonicalEmail(email) === email, 'expected an e-mail address in canonical form')
      .nullable(),
    email_verified: z.boolean(),
    claims: z.record(z.string(), z.unknown()),
    roles: z.array(z.string().regex(roleForm, 'expected printable ASCII characters without spaces')),
    // The message must not show what was found: it is a hash, or a password in the wrong place.
    password_hash: z
      .string()
      .refine(isKnownPasswordHash, 'expected an argon2id or bcrypt hash that is verified here')
      .nullish(),
    has_password: z.boolean(),
    password_changed_at: instant.nullable(),
    locked_at: instant.nullable(),
    created_at: instant,
    updated_at: instant,
  }),
});

const userOf = (exported: Readonly<Record<string, unknown>>): User & { readonly hadPassword: boolean } => {
  const { success, data, error } = exportedUser.safeParse(exported);
  if (!success)
    throw new OperatorError(
      `This is no user as "keyturn users export" prints them; nothing was changed. ${z.prettifyError(error)}`,
    );
  const { user } = data;
  return {
    sub: user.sub,
    username: user.username,
    email: user.email,
    emailVerified: user.email_verified,
    passwordHash: user.password_hash ?? null,
    passwordChangedAt: user.password_changed_at,
    claims: user.claims,
    roles: user.roles,
    lockedAt: user.locked_at,
    createdAt: user.created_at,
    updatedAt: user.updated_at,
    hadPassword: user.has_password,
  };
};

interface ImportOptions extends AnswerOptions {
  readonly skipClaims?: boolean;
}

/** An earlier version took claims that applications cannot use, or should not. */
const withRightClaims = <Claimed extends User>(user: Claimed, options: ImportOptions, terminal: Terminal): Claimed => {
  const wrong = wrongClaims(user.claims);
  if (wrong.size === 0) return user;
  const complaints = [...wrong.values()].join('\n');
  if (!options.skipClaims)
    throw new OperatorError(
      `${complaints}\nNothing was changed. Correct them where the user comes from (npx keyturn users update ${shellWord(user.username)} --claim NAME=VALUE; without a value it is dropped) and export anew, or import without them: --skip-claims`,
    );
  warn(terminal, `Left out, for --skip-claims:\n${complaints}`);
  return { ...user, claims: Object.fromEntries(Object.entries(user.claims).filter(([name]) => !wrong.has(name))) };
};

export const importUser = async (from: string, options: ImportOptions, terminal: Terminal): Promise<void> => {
  const exported = userOf(await readJsonObject(from, terminal, 'one object, as "keyturn users export" prints it'));
  const { hadPassword, ...user } = withRightClaims(exported, options, terminal);
  const { sub, username } = user;
  const { clock } = terminal;
  await withStore(readConfig(terminal.environment), async (store) => {
    if ((await store.findUser(sub)) !== undefined)
      throw new OperatorError(`The user ${safeText(sub)} is here already; nothing was changed.`);
    await assertNoClient(sub, store);
    if (!(await store.addUser(user, auditEvent('user.imported', { sub }, terminal))))
      throw new OperatorError(
        `The username ${username}, or the e-mail address, is another user's here; nothing was changed. See: npx keyturn users list`,
      );
  });
  if (user.passwordHash === null)
    warn(
      terminal,
      `${username} has no password here and cannot sign in yet${hadPassword ? ': it was exported without --with-password-hash' : ''}. npx keyturn users set-password ${username}`,
    );
  answer(terminal, options, userInformation(user), `Imported the user:\n${userInWords(user, clock.now())}`);
};
