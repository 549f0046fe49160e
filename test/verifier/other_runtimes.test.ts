// The verifier as one script where there is neither Node's Buffer nor its process nor its modules: what a Worker and a
// browser's worker have.
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import type { RevocationCheck } from '../../src/verifier/revocation_check.ts';
import { audience, goodClaims, issuer, jwkSet, makeKey, makeToken, now, signRaw } from './signed_tokens.ts';

const script = await build({
  stdin: { contents: "export * from './src/verifier/exports.ts';", resolveDir: '.' },
  bundle: true,
  write: false,
  platform: 'neutral',
  mainFields: ['module', 'main'],
  format: 'iife',
  globalName: 'keyturn',
  logLevel: 'silent',
}).then(({ outputFiles }) => outputFiles[0]?.text ?? '');

type Exports = typeof import('../../src/verifier/exports.ts');

const webGlobals = (navigator?: { readonly userAgent: string }) => {
  const { URL, TextEncoder, TextDecoder, AbortSignal, Response, Headers, crypto, CryptoKey } = globalThis;
  const web = { URL, TextEncoder, TextDecoder, AbortSignal, Response, Headers, crypto, CryptoKey };
  const timers = { AbortController, setTimeout, clearTimeout };
  return { ...web, ...timers, ...globalsOfRealm, atob, btoa, ...(navigator && { navigator }) };
};
/** What WebCrypto's classes are checked against: those of the realm they were made in. */
const globalsOfRealm = { Uint8Array, ArrayBuffer, Promise, Error, TypeError, Object, Array };

const load = (navigator?: { readonly userAgent: string }): Exports => {
  const context = createContext(webGlobals(navigator));
  expect(runInContext('typeof Buffer + typeof process', context)).toBe('undefinedundefined');
  runInContext(script, context);
  return runInContext('keyturn', context) as Exports;
};

const keys = [makeKey('ES256'), makeKey('RS256')];

const codeOf = (verified: Promise<unknown>): Promise<unknown> =>
  verified.then(
    () => 'accepted',
    (error) => error.code ?? error,
  );

const workers = { userAgent: 'Cloudflare-Workers' };

describe.each([
  ['a browser', undefined],
  ['Workers', workers],
])('in %s', (_, navigator) => {
  const { createVerifier, followRevocationFeed, keysFromSet, keysFromUrl, keySetFile } = load(navigator);
  const clock = { now: () => now };

  test.each(keys)('a good $alg token is accepted, a changed one refused, a remembered one found', async (key) => {
    for (const rememberTokens of [0, 10]) {
      const verifier = createVerifier({ issuer, audience, keys: keysFromSet(jwkSet(...keys)), clock, rememberTokens });
      expect(await verifier.verify(makeToken(key))).toEqual(goodClaims);
      expect(await verifier.verify(makeToken(key))).toEqual(goodClaims);
      expect(await codeOf(verifier.verify(makeToken(makeKey(key.alg, key.kid))))).toBe('signature_invalid');
      expect(await codeOf(verifier.verify(makeToken(key, { exp: now - 60 })))).toBe('token_expired');
      expect(await codeOf(verifier.verify(`${makeToken(key)}=`))).toBe('token_malformed');
    }
  });

  test('a key set is fetched once, by a service binding too, and refreshed by who uses it', async () => {
    let asked = 0;
    let at = now;
    const fetch = async (): Promise<Response> => {
      asked += 1;
      return Response.json(jwkSet(...keys), { headers: { 'cache-control': 'max-age=300' } });
    };
    const source = keysFromUrl(`${issuer}/.well-known/jwks.json`, { fetch });
    const verifier = createVerifier({ issuer, audience, keys: source, clock: { now: () => at } });
    for (const key of keys) await verifier.verify(makeToken(key));
    expect(asked).toBe(1);
    at = now + 299;
    for (const key of keys) await verifier.verify(makeToken(key));
    expect(asked).toBe(2);
  });

  test('a feed that cannot be fetched is stale, whoever listens or not, and fail-open goes on', async () => {
    const fetch = async (): Promise<Response> => new Response('', { status: 503 });
    const codeWith = async (revocation: RevocationCheck): Promise<unknown> => {
      const parts = { issuer, audience, keys: keysFromSet(jwkSet(...keys)), clock, fetch, revocation };
      const verifier = createVerifier(parts);
      const ready = await codeOf(verifier.ready());
      const verdicts = [ready, await codeOf(verifier.verify(makeToken(keys[0] as (typeof keys)[number])))];
      verifier.close();
      return verdicts;
    };
    expect(await codeWith(followRevocationFeed())).toEqual(['revocation_stale', 'revocation_stale']);
    expect(await codeWith(followRevocationFeed({ whenStale: { failOpenSeconds: 60 } }))).toEqual([
      'accepted',
      'accepted',
    ]);
  });

  test('there are no files', () => {
    expect(() => keySetFile('keys.json')).toThrow(/no files/);
  });
});

describe('on Workers, where requests ask the feed', () => {
  const { createVerifier, followRevocationFeed, keysFromSet } = load(workers);

  test('a feed that is silent is waited for by one request, and after it by none for a while', async () => {
    let [asked, at] = [0, now];
    const fetch = (): Promise<Response> => {
      asked += 1;
      return new Promise(() => undefined);
    };
    const revocation = followRevocationFeed({ whenStale: { failOpenSeconds: 600 }, timeoutSeconds: 0.2 });
    const parts = {
      issuer,
      audience,
      keys: keysFromSet(jwkSet(...keys)),
      clock: { now: () => at },
      fetch,
      revocation,
    };
    const verifier = createVerifier(parts);
    const verifyTimes = (times: number) =>
      Promise.all(
        Array.from({ length: times }, () => codeOf(verifier.verify(makeToken(keys[0] as (typeof keys)[number])))),
      );
    at = now + 1;
    expect(await verifyTimes(1)).toEqual(['accepted']);
    expect([await verifyTimes(3), asked]).toEqual([['accepted', 'accepted', 'accepted'], 1]);
    at = now + 2;
    expect([await verifyTimes(3), asked]).toEqual([['accepted', 'accepted', 'accepted'], 2]);
    verifier.close();
  });

  describe('a feed that requests ask at once', () => {
    const [key] = keys as [(typeof keys)[number]];
    let [asked, wanted, at] = [0, 0, now];
    let goOn: () => void;
    let together: Promise<void>;
    const problems: unknown[] = [];
    let answer: (url: string) => Response;

    /** Answered once all have asked. */
    const fetch = async (url: string | URL | Request): Promise<Response> => {
      asked += 1;
      if (asked === wanted) goOn();
      await together;
      return answer(String(url));
    };
    const open = () => {
      at = now;
      problems.length = 0;
      const revocation = followRevocationFeed({ onProblem: (error) => problems.push(error) });
      const parts = { issuer, audience, keys: keysFromSet(jwkSet(...keys)), clock: { now: () => at }, fetch };
      return createVerifier({ ...parts, revocation });
    };
    const verifyAt = async (verifier: ReturnType<typeof open>, instant: number, asking: number): Promise<void> => {
      [asked, wanted, at] = [0, asking, instant];
      together = new Promise((resolve) => {
        goOn = resolve;
      });
      await Promise.all(Array.from({ length: 20 }, () => codeOf(verifier.verify(makeToken(key)))));
      expect(asked).toBe(asking);
    };

    test('has its marks taken by all of them, and is asked again as soon as ever', async () => {
      let mark = 0;
      answer = (url) => {
        const since = new URL(url).searchParams.get('cursor');
        const page = { iss: issuer, iat: at, exp: at + 60, cursor: `${mark}`, since, marks: [] };
        return new Response(signRaw({ alg: key.alg, typ: 'revocation-feed+jwt', kid: key.kid }, page, key));
      };
      const verifier = open();
      for (mark = 1; mark < 4; mark += 1) await verifyAt(verifier, now + mark, 20);
      expect(problems).toEqual([]);
      verifier.close();
    });

    test('and that refuses them all is tried again by one of them after half a second', async () => {
      answer = () => new Response('', { status: 503 });
      const verifier = open();
      await verifyAt(verifier, now + 1, 20);
      await verifyAt(verifier, now + 1.4, 0);
      await verifyAt(verifier, now + 1.5, 1);
      expect(problems).toHaveLength(21);
      verifier.close();
    });
  });
});
