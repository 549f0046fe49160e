// A password is proved: limits first, then the same work whether the end-user exists or not. NIST SP 800-63B-4 §3.2.2.
import type { Provider } from '../provider.ts';
import { PasswordHasherBusyError } from '../seams/password_hasher.ts';
import type { Allowance, RateLimit } from '../seams/rate_limiter.ts';
import type { User } from '../seams/user_store.ts';
import { hashOpaque } from '../tokens/opaque.ts';
import { namedUser } from './named_user.ts';
import { isPasswordTooLong, normalizePassword } from './password.ts';
import { provesPassword } from './prove_password.ts';
import { takeAllowances } from './take_allowances.ts';
import { canonicalLogin } from './username.ts';

/** Of failures in a row, wherever a password is asked for: a hundred, then one an hour. */
export const inARowLimit: RateLimit = { burst: 100, emissionSeconds: 3600 };

/**
 * Failures slow an account down: ten, then one each half minute, and past a hundred in a row one an hour (NIST SP
 * 800-63B-4 §3.2.2). A browser its end-user has signed in from before keeps an allowance of its own, so that nobody can
 * shut them out. Of what they share, end-users who get in take nothing, so that an office behind one address gets in: five
 * times, then once a minute, since each time costs a hash.
 */
const limits = {
  account: { burst: 10, emissionSeconds: 30 },
  knownBrowser: { burst: 10, emissionSeconds: 30 },
  address: { burst: 100, emissionSeconds: 2 },
  everyone: { burst: 600, emissionSeconds: 0.05 },
  givenBack: { burst: 5, emissionSeconds: 60 },
} as const satisfies Record<string, RateLimit>;

export interface SignInAttempt {
  /** Username or e-mail address, as typed. */
  readonly login: string;
  readonly password: string;
  /** As networkAddress gives it. */
  readonly address: string;
  /** The browser cookie's value. */
  readonly browser: string;
}

/** Those that one end-user's success says nothing about. */
const sharedAllowances = /^sign_in:(address:|everyone$)/;

/** In the order they are taken. Last what everyone shares: what the others refuse must not use it up. */
const allowancesOf = (account: string, known: boolean, { address, browser }: SignInAttempt): readonly Allowance[] => {
  const ofAddress: Allowance = [`sign_in:address:${address}`, limits.address];
  if (known) {
    const ofBrowser = `${account}:${hashOpaque(browser)}`;
    return [
      ofAddress,
      [`sign_in:known:${ofBrowser}`, limits.knownBrowser],
      [`sign_in:known_in_a_row:${ofBrowser}`, inARowLimit],
    ];
  }
  return [
    ofAddress,
    [`sign_in:account:${account}`, limits.account],
    [`sign_in:in_a_row:${account}`, inARowLimit],
    ['sign_in:everyone', limits.everyone],
  ];
};

const giveAllowancesBack = async (
  sub: string,
  taken: readonly Allowance[],
  { rateLimiter }: Provider,
): Promise<void> => {
  const isShared = ([key]: Allowance): boolean => sharedAllowances.test(key);
  const own = taken.filter((allowance) => !isShared(allowance)).map(([key]) => key);
  const [waitSeconds] = await Promise.all([
    rateLimiter.take([`sign_in:given_back:${sub}`, limits.givenBack]),
    rateLimiter.reset(...own),
  ]);
  if (waitSeconds === 0) await rateLimiter.giveBack(...taken.filter(isShared));
};

/** Where too many wait for the hasher, it is left to the next sign-in: this one has proved all it must. */
const renewHash = async (
  sub: string,
  passwordHash: string,
  { password }: SignInAttempt,
  { store, passwordHasher }: Provider,
): Promise<void> => {
  try {
    await store.rehashPassword(sub, passwordHash, await passwordHasher.hash(normalizePassword(password)));
  } catch (error) {
    if (!(error instanceof PasswordHasherBusyError)) throw error;
  }
};

/**
 * @returns the end-user; undefined for a wrong password, an unknown name, a locked or passwordless account alike.
 * @throws {OAuthError} rate_limited, passwords_busy. @throws {PasswordHasherBusyError}
 */
export const signIn = async (attempt: SignInAttempt, provider: Provider): Promise<User | undefined> => {
  const { store, passwordHasher, takeSignInTurn } = provider;
  await takeSignInTurn();
  const user = await namedUser(attempt.login, store);
  const known = user !== undefined && (await store.isKnownBrowser(user.sub, hashOpaque(attempt.browser)));
  const allowances = allowancesOf(user?.sub ?? canonicalLogin(attempt.login) ?? 'malformed', known, attempt);
  await takeAllowances('sign_in', allowances, provider);
  if (isPasswordTooLong(attempt.password)) return undefined;
  const proved = await provesPassword(user, attempt.password, provider);
  if (!proved || user === undefined || user.passwordHash === null || user.lockedAt !== null) return undefined;
  await giveAllowancesBack(user.sub, allowances, provider);
  if (passwordHasher.needsRehash(user.passwordHash)) await renewHash(user.sub, user.passwordHash, attempt, provider);
  return user;
};
