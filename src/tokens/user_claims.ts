// The end-user's claims: which exist, which scope asks for which. OpenID Connect Core 1.0 §5.1, §5.4.
import type { User } from '../seams/user_store.ts';

/** The claims each scope value asks for; `roles` is ours. */
const claimsOfScope: Readonly<Record<string, readonly string[]>> = {
  profile: [
    ...['name', 'family_name', 'given_name', 'middle_name', 'nickname', 'preferred_username', 'profile', 'picture'],
    ...['website', 'gender', 'birthdate', 'zoneinfo', 'locale', 'updated_at'],
  ],
  email: ['email', 'email_verified'],
  address: ['address'],
  phone: ['phone_number', 'phone_number_verified'],
  roles: ['roles'],
};

/** The scope values of OpenID Connect itself; every other belongs to a resource. */
export const openidScopes: readonly string[] = ['openid', 'offline_access', ...Object.keys(claimsOfScope)];

export const userClaimNames: readonly string[] = Object.values(claimsOfScope).flat();

export const claimNamesOf = (scope: readonly string[]): readonly string[] =>
  scope.flatMap((value) => claimsOfScope[value] ?? []);

const claimOf = (user: User, name: string): unknown => {
  if (name === 'preferred_username') return user.username;
  if (name === 'email') return user.email ?? undefined;
  if (name === 'email_verified') return user.email === null ? undefined : user.emailVerified;
  if (name === 'roles') return user.roles;
  if (name === 'updated_at') return user.updatedAt;
  return Object.hasOwn(user.claims, name) ? user.claims[name] : undefined;
};

/** The claims of `names` that the user has. */
export const userClaims = (user: User, names: readonly string[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    names
      .filter((name) => userClaimNames.includes(name))
      .map((name) => [name, claimOf(user, name)] as const)
      .filter(([, value]) => value !== undefined),
  );
