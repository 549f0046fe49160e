// An end-user changes their own password: the present one is proved, every other session and all refresh tokens end.
import type { Provider } from '../provider.ts';
import type { Allowance } from '../seams/rate_limiter.ts';
import { auditEvent } from '../tokens/audit.ts';
import type { ChangePasswordError } from './pages/account_password.ts';
import { isPasswordTooLong, normalizePassword, passwordFault } from './password.ts';
import { provesPassword } from './prove_password.ts';
import type { SignedIn } from './session.ts';
import { inARowLimit } from './sign_in.ts';
import { namesIn } from './sign_up.ts';
import { takeAllowances } from './take_allowances.ts';

const limit = { burst: 10, emissionSeconds: 30 };

/** @returns what is wrong; undefined when the password is changed. @throws {OAuthError} rate_limited. */
export const changePassword = async (
  current: string,
  wanted: string,
  { user, session }: SignedIn,
  provider: Provider,
): Promise<ChangePasswordError | undefined> => {
  const { store, passwordHasher, rateLimiter, clock, keyRing, config } = provider;
  if (current === '') return { kind: 'current_password', problem: 'missing' };
  const password = normalizePassword(wanted);
  const fault = wanted === '' ? 'missing' : passwordFault(password, namesIn(user.username, user.email, config.issuer));
  if (fault !== undefined) return { kind: 'new_password', problem: fault };
  const [key, inARow] = [`change_password:${user.sub}`, `change_password:in_a_row:${user.sub}`];
  const allowances: readonly Allowance[] = [
    [key, limit],
    [inARow, inARowLimit],
  ];
  await takeAllowances('change_password', allowances, provider);
  if (isPasswordTooLong(current) || !(await provesPassword(user, current, provider)))
    return { kind: 'current_password', problem: 'wrong' };
  const hash = await passwordHasher.hash(password);
  const event = auditEvent('password.changed', { sub: user.sub, sid: session.sid }, { clock });
  if (!(await store.setPassword(user, hash, await keyRing.databaseTimeAnew(), session.sid, event)))
    return { kind: 'current_password', problem: 'wrong' };
  await rateLimiter.reset(key, inARow);
  return undefined;
};
