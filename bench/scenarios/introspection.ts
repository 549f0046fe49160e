// Introspection, RFC 7662, of each server's own tokens. Keyturn's access tokens are JWTs, whose signature is verified;
// oidc-provider introspects opaque ones alone, which it looks up.
import { ask, type Entrant, overOidcProvider, type Scenario } from '../scenario.ts';

export const introspectionNames = { access: 'introspect access token', refresh: 'introspect refresh token' } as const;

const check = async (entrants: readonly Entrant[]): Promise<void> => {
  for (const entrant of entrants) {
    const { active } = (await (await ask(entrant)).json()) as { active: boolean };
    if (!active) throw new Error(`${entrant.name} says its own token is not active.`);
  }
};

export const introspections: readonly Scenario[] = Object.values(introspectionNames).map((name) => ({
  name,
  check,
  ratios: [overOidcProvider(`${name}: per CPU second, Keyturn over oidc-provider`)],
}));
