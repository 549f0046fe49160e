// A person makes an account: what they typed becomes a User, or the faults of each field.
import { randomUUID } from 'node:crypto';
import type { Provider } from '../provider.ts';
import type { User } from '../seams/user_store.ts';
import { auditEvent } from '../tokens/audit.ts';
import type { SignUpProblems } from './pages/sign_up.ts';
import { visibleText } from './pages/untrusted_text.ts';
import { normalizePassword, passwordFault } from './password.ts';
import { canonicalEmail, canonicalUsername } from './username.ts';

const longestName = 200;

/** A name is one line that is read in its own direction, as those are that operators give. */
const lineBreaking = /[\p{Cc}\p{Zl}\p{Zp}\s]+/gu;
const turning = /[\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const oneLine = (text: string): string => text.replace(turning, '').replace(lineBreaking, ' ').trim();

export interface TypedAccount {
  readonly username: string;
  readonly email: string;
  readonly name: string;
  readonly password: string;
}

export type SignUpOutcome = { readonly user: User } | { readonly problems: SignUpProblems };

const passwordProblem = (password: string, names: readonly string[]): SignUpProblems['password'] =>
  password === '' ? 'missing' : passwordFault(password, names);

const typedProblem = (typed: string, canonical: string | undefined): 'missing' | 'malformed' | undefined => {
  if (typed === '') return 'missing';
  return canonical === undefined ? 'malformed' : undefined;
};

const nameProblem = (name: string): SignUpProblems['name'] => {
  if (visibleText(name) === '') return 'missing';
  return name.length > longestName ? 'too_long' : undefined;
};

/** The words a password may not be made of. */
export const namesIn = (username: string, email: string | null, issuer: string): readonly string[] => [
  username,
  ...(email === null ? [] : [email.split('@', 1)[0] as string]),
  new URL(issuer).hostname,
];

const addUser = async (user: User, address: string, { store, clock }: Provider): Promise<SignUpOutcome> => {
  const event = auditEvent('sign_up.succeeded', { sub: user.sub, address }, { clock });
  if (await store.addUser(user, event)) return { user };
  const taken = await store.findUserByLogin(user.username);
  return { problems: taken === undefined ? { email: 'taken' } : { username: 'taken' } };
};

/** Adds the user, unless a field is at fault; then nothing changed. @param address - as networkAddress gives it. */
export const signUp = async (typed: TypedAccount, address: string, provider: Provider): Promise<SignUpOutcome> => {
  const { passwordHasher, clock, config } = provider;
  const username = canonicalUsername(typed.username);
  const email = canonicalEmail(typed.email);
  const name = oneLine(typed.name);
  const password = normalizePassword(typed.password);
  const problems: SignUpProblems = {
    username: typedProblem(typed.username, username),
    email: typedProblem(typed.email, email),
    name: nameProblem(name),
    password: passwordProblem(password, namesIn(username ?? '', email ?? null, config.issuer)),
  };
  if (Object.values(problems).some(Boolean) || username === undefined || email === undefined) return { problems };
  const now = clock.now();
  const user: User = {
    sub: randomUUID(),
    username,
    email,
    emailVerified: false,
    passwordHash: await passwordHasher.hash(password),
    passwordChangedAt: now,
    claims: { name },
    roles: [],
    lockedAt: null,
    createdAt: now,
    updatedAt: now,
  };
  return addUser(user, address, provider);
};
