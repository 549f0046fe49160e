// client_credentials, RFC 6749 §4.4: one access token (RFC 9068) a request, the same claims from every contender.
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import type { SigningAlgorithm } from '../../src/seams/signer.ts';
import { tokenRequest } from '../contender.ts';
import { ask, type Entrant, overOidcProvider, type Ratio, type Scenario } from '../scenario.ts';

export const clientCredentialsName = (alg: SigningAlgorithm): string => `client_credentials ${alg}`;

const claimNames = ['aud', 'client_id', 'exp', 'iat', 'iss', 'jti', 'scope', 'sub'].join(' ');

/** @returns how long the token is, verified against the server's own key set. @throws {Error} when it is not what was asked for. */
const proveToken = async (entrant: Entrant, alg: SigningAlgorithm): Promise<number> => {
  const { contender, name } = entrant;
  const response = (await (await ask(entrant)).json()) as { access_token: string };
  const jwkSet = (await (await fetch(contender.jwksUri)).json()) as JSONWebKeySet;
  const { payload } = await jwtVerify(response.access_token, createLocalJWKSet(jwkSet), {
    issuer: contender.issuer,
    audience: tokenRequest.resourceOf(alg),
    algorithms: [alg],
    typ: 'at+jwt',
  });
  const names = Object.keys(payload).sort().join(' ');
  const lifetimeSeconds = (payload.exp ?? 0) - (payload.iat ?? 0);
  if (names !== claimNames || lifetimeSeconds !== tokenRequest.lifetimeSeconds)
    throw new Error(
      `${name} signs (${names}) for ${lifetimeSeconds} s; expected (${claimNames}) for ${tokenRequest.lifetimeSeconds} s.`,
    );
  return response.access_token.length;
};

/** How much longer one contender's token may be than another's: ids and ports differ by a few characters. */
const mostDifference = 0.05;

const check = (alg: SigningAlgorithm) => async (entrants: readonly Entrant[]) => {
  const lengths = await Promise.all(entrants.map((entrant) => proveToken(entrant, alg)));
  if (Math.max(...lengths) > Math.min(...lengths) * (1 + mostDifference))
    throw new Error(`The ${alg} tokens are not alike: their lengths are ${lengths.join(', ')} characters.`);
};

const ratiosOf = (alg: SigningAlgorithm): readonly Ratio[] => [
  {
    words: `${alg} token: CPU of Keyturn over the bare Hono POST`,
    of: (measured) => measured('keyturn').cpuMicroseconds / measured('bare_hono').cpuMicroseconds,
    ...(alg === 'ES256' && { atMost: 3 }),
  },
  overOidcProvider(`${alg} tokens per CPU second, Keyturn over oidc-provider`, alg === 'ES256' ? 3 : undefined),
];

export const clientCredentials = (alg: SigningAlgorithm): Scenario => ({
  name: clientCredentialsName(alg),
  check: check(alg),
  ratios: ratiosOf(alg),
});
