import { describe, expect, test } from 'vitest';
import { type KeysFromUrlOptions, keysFromUrl } from '../../src/verifier/keys_from_url.ts';
import { createVerifier } from '../../src/verifier/verifier.ts';
import {
  audience,
  encode,
  headerOf,
  issuer,
  jwkSet,
  makeKey,
  makeToken,
  now,
  refusalOf,
  type TestKey,
} from './signed_tokens.ts';

const day = 86_400;
const [first, second] = [makeKey('ES256'), makeKey('ES256')];

interface Answer {
  readonly keys?: readonly TestKey[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly status?: number;
}

/** A verifier with a clock and an issuer that do as told; tokens live long, so that time can pass. */
const makeScene = (answer: Answer = {}, options: KeysFromUrlOptions = {}) => {
  const scene = {
    at: now,
    answer: { keys: [first], headers: { 'cache-control': 'public, max-age=300' }, ...answer } as Answer,
    down: false,
    requests: [] as { readonly url: string; readonly headers: Headers; readonly redirect: string | undefined }[],
    /** Answers wait for this. */
    gate: Promise.resolve(),
  };
  const fetch = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    scene.requests.push({ url: String(url), headers: new Headers(init?.headers), redirect: init?.redirect });
    await scene.gate;
    if (scene.down) throw new TypeError('connect ECONNREFUSED');
    const { keys = [], headers = {}, status = 200 } = scene.answer;
    const body = status === 304 ? null : JSON.stringify(jwkSet(...keys));
    return new Response(body, { status, headers: { 'content-type': 'application/jwk-set+json', ...headers } });
  };
  const verifier = createVerifier({
    issuer,
    audience,
    keys: keysFromUrl(`${issuer}/.well-known/jwks.json`, { fetch, ...options }),
    clock: { now: () => scene.at },
    maxTokenSeconds: 300 * day,
  });
  const verify = (key: TestKey = first, header: object = {}) =>
    verifier.verify(makeToken(key, { exp: now + 299 * day }, header));
  return Object.assign(scene, { verifier, verify, fetch });
};

/** Lets what runs in the background come to its end. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('how fresh the key set is, RFC 9111 §4.2', () => {
  test('the default source is the jwks.json of the issuer', async () => {
    const scene = makeScene();
    const verifier = createVerifier({ issuer, audience, fetch: scene.fetch, clock: { now: () => now } });
    await verifier.ready();
    expect(scene.requests.map(({ url }) => url)).toEqual([`${issuer}/.well-known/jwks.json`]);
    expect(scene.requests[0]?.redirect).toBe('manual');
  });

  test('one fetch serves while max-age lasts', async () => {
    const scene = makeScene();
    for (const at of [0, 1, 100, 224]) {
      scene.at = now + at;
      await scene.verify();
    }
    expect(scene.requests).toHaveLength(1);
  });

  test('it is fetched again ahead of its end, in the background, once', async () => {
    const scene = makeScene();
    await scene.verify();
    scene.at = now + 226;
    scene.gate = new Promise(() => undefined);
    await Promise.all([scene.verify(), scene.verify(), scene.verify()]);
    expect(scene.requests).toHaveLength(2);
  });

  test('after max-age no token is judged by it: the new one is waited for', async () => {
    const scene = makeScene();
    await scene.verify();
    scene.answer = { ...scene.answer, keys: [second] };
    scene.at = now + 300;
    expect(await refusalOf(scene.verify(first))).toBe('key_unknown');
    expect((await scene.verify(second)).sub).toBe('alice');
    expect(scene.requests).toHaveLength(2);
  });

  test.each([
    ['Age counts against max-age', { 'cache-control': 'max-age=300', age: '200' }, 74, 100],
    ['an Age beyond it leaves the least', { 'cache-control': 'max-age=300', age: '900' }, 3, 5],
    ['no-store leaves the least', { 'cache-control': 'no-store' }, 3, 5],
    ['no-cache leaves the least', { 'cache-control': 'no-cache, max-age=300' }, 3, 5],
    ['max-age=0 leaves the least', { 'cache-control': 'max-age=0' }, 3, 5],
    ['nonsense leaves the least', { 'cache-control': 'max-age=forever' }, 3, 5],
    ['a quoted number counts', { 'cache-control': 'Public,Max-Age="60"' }, 44, 60],
    ['s-maxage is for shared caches', { 'cache-control': 's-maxage=9000, max-age=60' }, 44, 60],
    ['without a word it is 300 s', { 'cache-control': '' }, 224, 300],
    ['no longer than it is usable', { 'cache-control': 'max-age=99999999' }, day * 0.74, day],
  ])('%s', async (_, headers, stillQuiet, over) => {
    const scene = makeScene({ headers });
    await scene.verify();
    scene.at = now + stillQuiet;
    await scene.verify();
    await settled();
    expect(scene.requests).toHaveLength(1);
    scene.at = now + over;
    await scene.verify();
    expect(scene.requests).toHaveLength(2);
  });

  test('an ETag is sent back, and 304 makes what is held fresh again', async () => {
    const scene = makeScene({ headers: { 'cache-control': 'max-age=300', etag: '"a"' } });
    await scene.verify();
    scene.answer = { status: 304, headers: { 'cache-control': 'max-age=300' } };
    scene.at = now + 300;
    await scene.verify();
    scene.at = now + 500;
    await scene.verify();
    expect(scene.requests.map(({ headers }) => headers.get('if-none-match'))).toEqual([null, '"a"']);
  });

  test('304 to a question without an ETag is no answer', async () => {
    expect(await refusalOf(makeScene({ status: 304 }).verify())).toBe('keys_unavailable');
  });

  test('however many wait, one fetch is made', async () => {
    const scene = makeScene();
    await Promise.all(Array.from({ length: 1000 }, () => scene.verify()));
    expect(scene.requests).toHaveLength(1);
  });

  test('no more wait than memory should hold: the others are told to come again', async () => {
    const scene = makeScene();
    let open = (): void => undefined;
    scene.gate = new Promise((resolve) => {
      open = resolve;
    });
    const outcomes = Array.from({ length: 3000 }, () =>
      scene.verify().then(
        () => 'verified',
        (error) => error.code,
      ),
    );
    await settled();
    open();
    const counted = (await Promise.all(outcomes)).filter((outcome) => outcome === 'keys_unavailable').length;
    expect(counted).toBe(1000);
  });

  test('a clock that is set back makes the set old, not young', async () => {
    const scene = makeScene();
    await scene.verify();
    scene.at = now - 2 * day;
    scene.answer = { ...scene.answer, keys: [second] };
    expect(await refusalOf(scene.verify(first))).toBe('key_unknown');
    expect(scene.requests).toHaveLength(2);
    scene.at = now - 2 * day - 5;
    await refusalOf(scene.verify(second));
    await refusalOf(scene.verify(second));
    expect(scene.requests).toHaveLength(3);
  });
});

describe('when the issuer cannot be reached', () => {
  test('the last good set serves for keysUsableSeconds and not longer; the issuer back, all is well without a restart', async () => {
    const scene = makeScene({}, { keysUsableSeconds: 3600 });
    await scene.verify();
    scene.down = true;
    for (const after of [300, 301, 600, 1800, 3599]) {
      scene.at = now + after;
      expect((await scene.verify()).sub).toBe('alice');
      await settled();
    }
    scene.at = now + 3600;
    expect(await refusalOf(scene.verify())).toBe('keys_unavailable');
    scene.down = false;
    scene.at = now + 3631;
    expect((await scene.verify()).sub).toBe('alice');
  });

  test('a day by default', async () => {
    const scene = makeScene();
    await scene.verify();
    scene.down = true;
    scene.at = now + day - 1;
    expect((await scene.verify()).sub).toBe('alice');
    await settled();
    scene.at = now + day + 60;
    expect(await refusalOf(scene.verify())).toBe('keys_unavailable');
  });

  test('it is asked again after 2 s, then ever more seldom, and nobody waits meanwhile', async () => {
    const scene = makeScene();
    await scene.verify();
    scene.down = true;
    const asked: number[] = [];
    for (let after = 300; after < 400; after += 1) {
      scene.at = now + after;
      const before = scene.requests.length;
      await scene.verify();
      await settled();
      if (scene.requests.length > before) asked.push(after);
    }
    expect(asked).toEqual([300, 302, 306, 314, 330, 360, 390]);
    scene.gate = new Promise(() => undefined);
    scene.at = now + 425;
    expect((await scene.verify()).sub).toBe('alice');
  });

  test('a first fetch that fails says so, with the reason, and the next succeeds', async () => {
    const problems: unknown[] = [];
    const scene = makeScene({}, { onProblem: (problem) => problems.push(problem) });
    scene.down = true;
    await expect(scene.verifier.ready()).rejects.toThrow(/ECONNREFUSED/);
    await expect(scene.verify()).rejects.toMatchObject({ code: 'keys_unavailable', retryable: true });
    expect(scene.requests).toHaveLength(1);
    expect(problems).toHaveLength(1);
    scene.down = false;
    scene.at = now + 2;
    expect((await scene.verify()).sub).toBe('alice');
  });

  test('a listener that throws changes nothing', async () => {
    const scene = makeScene(
      {},
      {
        onProblem: () => {
          throw new Error('the log is full');
        },
      },
    );
    await scene.verify();
    scene.down = true;
    for (const after of [290, 300, 305]) {
      scene.at = now + after;
      expect((await scene.verify()).sub).toBe('alice');
      await settled();
    }
  });

  test('a key that the next set lacks verifies nothing any more, remembered tokens included', async () => {
    const scene = makeScene();
    const remembering = createVerifier({
      issuer,
      audience,
      fetch: scene.fetch,
      clock: { now: () => scene.at },
      rememberTokens: 100,
    });
    const token = makeToken(first);
    await remembering.verify(token);
    scene.at = now + 250;
    scene.answer = { ...scene.answer, keys: [second] };
    await remembering.verify(token);
    await settled();
    expect(await refusalOf(remembering.verify(token))).toBe('key_unknown');
  });
});

describe('T026: kids that nobody knows', () => {
  /** Whoever makes up kids signs nothing. */
  const [, claims, signature] = makeToken(first, { exp: now + 299 * day }).split('.');
  const verifyForged = ({ verifier }: ReturnType<typeof makeScene>, kid: string) =>
    verifier.verify([encode({ ...headerOf(first), kid }), claims, signature].join('.'));
  const flood = (scene: ReturnType<typeof makeScene>, from: number, count: number) =>
    Promise.all(Array.from({ length: count }, (_, index) => refusalOf(verifyForged(scene, `forged-${from + index}`))));

  test('T026: 10,000 of them in a second cost one fetch, and known keys verify at once meanwhile', async () => {
    const scene = makeScene();
    await scene.verify();
    scene.at = now + 31;
    scene.gate = new Promise(() => undefined);
    const stuck = Array.from({ length: 1000 }, (_, index) => verifyForged(scene, `stuck-${index}`));
    for (const verification of stuck) verification.catch(() => undefined);
    expect((await scene.verify()).sub).toBe('alice');
    expect(scene.requests).toHaveLength(2);

    const answering = makeScene();
    await answering.verify();
    answering.at = now + 31;
    for (let batch = 0; batch < 10; batch += 1) {
      answering.at = now + 31 + batch / 10;
      expect(new Set(await flood(answering, batch * 1000, 1000))).toEqual(new Set(['key_unknown']));
      expect((await answering.verify()).sub).toBe('alice');
    }
    expect(answering.requests).toHaveLength(2);
  });

  test('T026: one fetch a cooldown, however long it goes on', async () => {
    const scene = makeScene({ headers: { 'cache-control': 'max-age=86400' } });
    await scene.verify();
    for (let second = 1; second <= 300; second += 1) {
      scene.at = now + second;
      await flood(scene, second * 10, 10);
    }
    expect(scene.requests).toHaveLength(1 + 10);
  });

  test('T026: a kid asked for in vain is not asked for again for five minutes, unless the set changes', async () => {
    const scene = makeScene({ headers: { 'cache-control': 'max-age=86400' } });
    await scene.verify();
    for (let second = 30; second <= 300; second += 10) {
      scene.at = now + second;
      expect(await refusalOf(scene.verify(second1))).toBe('key_unknown');
    }
    expect(scene.requests).toHaveLength(2);
    scene.answer = { ...scene.answer, keys: [first, makeKey('ES256')] };
    await refusalOf(scene.verify(first, { kid: 'another' }));
    scene.answer = { ...scene.answer, keys: [first, second1] };
    scene.at = now + 340;
    expect((await scene.verify(second1)).sub).toBe('alice');
  });

  test('a key published since is found by its kid, without waiting for max-age', async () => {
    const scene = makeScene();
    await scene.verify();
    scene.answer = { ...scene.answer, keys: [first, second] };
    scene.at = now + 29;
    expect(await refusalOf(scene.verify(second))).toBe('key_unknown');
    scene.at = now + 30;
    expect((await scene.verify(second)).sub).toBe('alice');
  });

  const second1 = makeKey('ES256');
});
