// Both rings of a running server turn, by schedule and by the operator's hand, under the eyes of the libraries that
// services use. The timing is short and the same rules hold in it: every library's own cache is no longer than V.
import { setTimeout as wait } from 'node:timers/promises';
import { decodeJwt, decodeProtectedHeader, type JSONWebKeySet } from 'jose';
import {
  allowInsecureRequests,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  clientCredentialsGrant,
  discovery,
  ResponseBodyError,
} from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBetterSqlite3Store } from '../../src/adapters/better_sqlite3_store.ts';
import { systemClock } from '../../src/adapters/system_clock.ts';
import type { SigningAlgorithm } from '../../src/seams/signer.ts';
import type { SigningKeyRecord } from '../../src/seams/signing_key_store.ts';
import type { Store } from '../../src/seams/store.ts';
import {
  databasePathIn,
  makeFolder,
  type Outcome,
  processTestMilliseconds,
  type RunningServer,
  runCli,
  startServer,
  until,
} from '../running_server.ts';
import { addClient, addResource, registeredSecret } from '../test_provider.ts';
import { fastJwtVerifier, joseVerifier, jwksRsaVerifier, type Token, type Verifier } from './verifiers.ts';

// lead = P + S + max(A, V) + 2E + F = 7; grace = P + T + L + 2E = 10; the period is longer than lead + P.
const leadSeconds = 7;
const cacheMilliseconds = 1000;
const timing = {
  KEYTURN_ROTATION_PERIOD_SECONDS: '11',
  KEYTURN_SNAPSHOT_SECONDS: '3',
  KEYTURN_SHARED_CACHE_SECONDS: '0',
  KEYTURN_JWKS_MAX_AGE_SECONDS: '1',
  KEYTURN_SLOWEST_VERIFIER_SECONDS: '1',
  KEYTURN_CLOCK_ERROR_SECONDS: '1',
  KEYTURN_FETCH_TIMEOUT_SECONDS: '1',
  KEYTURN_LEEWAY_SECONDS: '0',
  KEYTURN_MAX_TOKEN_SECONDS: '5',
  KEYTURN_ACCESS_TOKEN_SECONDS: '5',
};
const turnsOfEachRing = 3;
const audiences = { ES256: 'https://es256.example.com', RS256: 'https://rs256.example.com' } as const;

const folder = makeFolder();
let server: RunningServer;
let store: Store;
let jwksUri: string;
const issuers: Partial<Record<SigningAlgorithm, Configuration>> = {};

const getToken = async (alg: SigningAlgorithm): Promise<Token | undefined> => {
  const issuer = issuers[alg];
  if (issuer === undefined) throw new TypeError(`no client for ${alg}`);
  try {
    const { access_token: text } = await clientCredentialsGrant(issuer, { resource: audiences[alg] });
    const { iat = 0, exp = 0 } = decodeJwt(text);
    return { text, alg, audience: audiences[alg], iat, exp, kid: decodeProtectedHeader(text).kid ?? 'missing' };
  } catch (error) {
    // A node that could not read its keys for P, as on a machine that stands still, rightly signs nothing.
    if (error instanceof ResponseBodyError && error.status === 503) return undefined;
    throw error;
  }
};

const now = (): number => Date.now() / 1000;

/** What the traffic saw. */
const seen = {
  tokens: [] as Token[],
  refusals: [] as string[],
  verified: 0,
  /** Tokens by these need not verify any more. */
  revokedKids: new Set<string>(),
};

const kidsSeen = (alg: SigningAlgorithm): readonly string[] => [
  ...new Set(seen.tokens.filter((token) => token.alg === alg).map(({ kid }) => kid)),
];

const mustVerify = ({ kid, exp }: Token): boolean => !seen.revokedKids.has(kid) && now() < exp - 0.2;

const check = async (verifier: Verifier, token: Token): Promise<void> => {
  if (!mustVerify(token)) return;
  try {
    await verifier.verify(token, now());
    seen.verified += 1;
  } catch (error) {
    if (mustVerify(token)) seen.refusals.push(`${verifier.name} refused ${token.alg} ${token.kid}: ${error}`);
  }
};

const checkPublished = async (): Promise<void> => {
  const living = seen.tokens.filter(mustVerify);
  const response = await fetch(jwksUri);
  const { keys } = (await response.json()) as JSONWebKeySet;
  const published = keys.map(({ kid }) => kid);
  for (const token of living)
    if (mustVerify(token) && !published.includes(token.kid)) seen.refusals.push(`the key set lacks ${token.kid}`);
  for (const key of keys) if ('d' in key) seen.refusals.push(`the key set has the private half of ${key.kid}`);
};

/** Gets tokens and has every library verify them when they are new and again when they are about to expire. */
const runTraffic = async (verifiers: readonly Verifier[], goesOn: () => boolean): Promise<void> => {
  const young: Token[] = [];
  while (goesOn()) {
    const got = (await Promise.all((['ES256', 'RS256'] as const).map(getToken))).filter((token) => token !== undefined);
    seen.tokens.push(...got);
    young.push(...got);
    const old = young.filter(({ exp }) => now() > exp - 1.5);
    young.splice(0, young.length, ...young.filter((token) => !old.includes(token)));
    await Promise.all(verifiers.flatMap((verifier) => [...got, ...old].map((token) => check(verifier, token))));
    await checkPublished();
    await wait(400);
  }
};

const ringNow = async (alg: SigningAlgorithm): Promise<readonly SigningKeyRecord[]> =>
  (await store.readSigningKeys()).keys.filter((key) => key.alg === alg && key.revokedAt === null);

const activeNow = async (alg: SigningAlgorithm): Promise<SigningKeyRecord | undefined> =>
  (await ringNow(alg)).filter(({ activatesAt }) => activatesAt <= now()).at(-1);

const standbyOfAge = (alg: SigningAlgorithm): Promise<SigningKeyRecord> =>
  until(`the ${alg} standby is old enough to sign`, async () => {
    const standby = (await ringNow(alg)).find(({ activatesAt }) => activatesAt > now());
    return standby && standby.publishedAt + leadSeconds < now() ? standby : undefined;
  });

const keysCommand = (...args: readonly string[]): Promise<Outcome> =>
  runCli(['keys', ...args], folder, { KEYTURN_ISSUER: server.issuer, ...timing });

/** Has the standby take over. A command that comes after a turn of its own accord is refused, and asked again. */
const rotate = async (alg: SigningAlgorithm): Promise<void> => {
  await standbyOfAge(alg);
  const { code, stderr } = await keysCommand('rotate', '--alg', alg);
  if (code === 0) return;
  expect(stderr).toContain(`The ${alg} ring did not turn. Wait`);
  await rotate(alg);
};

beforeAll(async () => {
  server = await startServer(folder, timing);
  store = createBetterSqlite3Store(databasePathIn(folder), systemClock);
  for (const alg of ['ES256', 'RS256'] as const)
    await addResource(store, { resource: audiences[alg], accessTokenSigningAlg: alg, accessTokenSeconds: 5 });
  const resources = Object.values(audiences);
  await addClient(store, 'basic-client', { resources });
  await addClient(store, 'post-client', { resources, tokenEndpointAuthMethod: 'client_secret_post' });
  const url = new URL(server.issuer);
  const execute = [allowInsecureRequests];
  const [basicAuth, postAuth] = [ClientSecretBasic(registeredSecret), ClientSecretPost(registeredSecret)];
  issuers.ES256 = await discovery(url, 'basic-client', undefined, basicAuth, { execute });
  issuers.RS256 = await discovery(url, 'post-client', undefined, postAuth, { execute, algorithm: 'oauth2' });
  jwksUri = issuers.ES256.serverMetadata().jwks_uri ?? 'missing';
}, processTestMilliseconds);

afterAll(async () => {
  await server.kill();
  await store.close();
});

/** Revokes the active ES256 key. @returns its kid, and how many tokens there were when every library refused it. */
const revokeActive = async (
  verifiers: readonly Verifier[],
): Promise<{ readonly kid: string; readonly signedBefore: number }> => {
  await standbyOfAge('ES256');
  const kid = (await activeNow('ES256'))?.kid ?? 'missing';
  const forged = await until('a token is signed by the key that is to be revoked', () =>
    seen.tokens.findLast((token) => token.kid === kid),
  );
  for (const verifier of verifiers) await verifier.verify(forged, forged.iat);
  seen.revokedKids.add(kid);
  expect((await keysCommand('revoke', kid, '--reason', 'a test')).code).toBe(0);
  for (const verifier of verifiers)
    await until(`${verifier.name} refuses the revoked key`, () =>
      // At the second it was issued: not its age but its key is what it is refused for.
      verifier.verify(forged, forged.iat).then(
        () => undefined,
        () => true as const,
      ),
    );
  return { kid, signedBefore: seen.tokens.length };
};

const bothRingsHaveTurned = (): Promise<true> =>
  until('both rings have turned often enough', () =>
    kidsSeen('ES256').length > turnsOfEachRing && kidsSeen('RS256').length > turnsOfEachRing ? true : undefined,
  );

describe('turns of the keys of a running server, under traffic', () => {
  const timeout = 2 * processTestMilliseconds;

  test('I1, I5 and I8: not one good token is refused, and a revoked key is accepted nowhere', { timeout }, async () => {
    const issuer = { issuer: server.issuer, jwksUri, cacheMilliseconds };
    const verifiers = [joseVerifier(issuer), jwksRsaVerifier(issuer), fastJwtVerifier(issuer)];
    let goesOn = true;
    const operate = async () => {
      await rotate('ES256');
      await rotate('RS256');
      const revoked = await revokeActive(verifiers);
      await bothRingsHaveTurned();
      goesOn = false;
      return revoked;
    };
    const [{ kid, signedBefore }] = await Promise.all([operate(), runTraffic(verifiers, () => goesOn)]);

    expect(seen.refusals).toEqual([]);
    expect(seen.verified).toBeGreaterThan(100);
    expect(seen.tokens.slice(signedBefore).filter((token) => token.kid === kid)).toEqual([]);
    const { keys } = (await (await fetch(jwksUri)).json()) as JSONWebKeySet;
    expect(keys.map((key) => key.kid)).not.toContain(kid);
    const rows = (await store.readSigningKeys()).keys;
    expect(rows.find((row) => row.kid === kid)).toMatchObject({ privateJwe: null, revocationReason: 'a test' });
    // I4: of the keys whose turn is over, no private half is kept.
    for (const alg of ['ES256', 'RS256'] as const)
      for (const over of kidsSeen(alg).slice(0, -2))
        expect(rows.find((row) => row.kid === over)?.privateJwe, `${alg} ${over}`).toBeNull();
  });

  test('I2: every key that signed had been published for the lead time, the first of each ring aside', async () => {
    const { keys } = await store.readSigningKeys();
    for (const alg of ['ES256', 'RS256'] as const)
      for (const kid of kidsSeen(alg).slice(1)) {
        const key = keys.find((row) => row.kid === kid);
        expect((key?.activatesAt ?? 0) - (key?.publishedAt ?? 0), `${alg} ${kid}`).toBeGreaterThanOrEqual(leadSeconds);
      }
  });
});
