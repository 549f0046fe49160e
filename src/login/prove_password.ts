// Whether a password is the end-user's. The same work is done for nobody, for somebody without a password, and for a
// stored hash that must not be computed, which is an alert besides: it was not made here, or was tampered with.
import type { Provider } from '../provider.ts';
import type { User } from '../seams/user_store.ts';
import { recordAudit } from '../tokens/audit.ts';
import { normalizePassword } from './password.ts';

/** argon2id of a random value with today's parameters: what the password of nobody is compared with. */
const nobodysHash = '$argon2id$v=19$m=19456,t=2,p=1$Ku638AP60TuKuXHLWMhKAA$I7rxju+8adOYiBSRB5BbZg+tfGg5CLFbf8JuhicWIy8';

const alert = async (sub: string, { store, clock, log }: Provider): Promise<void> => {
  log.error(
    { sub },
    'the password hash of a user was refused: it is none that is made or imported here. Find out who wrote it, and set a new one with "npx keyturn users set-password"',
  );
  await recordAudit('password.hash_refused', { sub }, { store, clock });
};

/** @param password - as typed, no longer than isPasswordTooLong lets through. @throws {PasswordHasherBusyError} */
export const provesPassword = async (
  user: User | undefined,
  password: string,
  provider: Provider,
): Promise<boolean> => {
  const { passwordHasher } = provider;
  const stored = user?.passwordHash ?? null;
  const accepted = stored !== null && passwordHasher.accepts(stored);
  if (user !== undefined && stored !== null && !accepted) await alert(user.sub, provider);
  const matches = await passwordHasher.verify(accepted ? stored : nobodysHash, normalizePassword(password));
  return matches && accepted;
};
