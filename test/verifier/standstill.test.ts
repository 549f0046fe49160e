// A process that stood still (a function that is frozen between two requests, a machine that slept) knows of old times, and
// the issuer is well: whoever asks first waits until it was asked.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { keysFromUrl } from '../../src/verifier/keys_from_url.ts';
import type { RevocationCheck } from '../../src/verifier/revocation_check.ts';
import { followRevocationFeed } from '../../src/verifier/revocation_feed_follower.ts';
import { type FollowStatusListsOptions, followStatusLists } from '../../src/verifier/status_list_follower.ts';
import { createVerifier, type Verifier } from '../../src/verifier/verifier.ts';
import { fetchFrom } from '../flows/followed.ts';
import {
  addClient,
  addResource,
  basic,
  createTestProvider,
  postToken,
  registeredResource,
  type TestProvider,
  tokenAnswer,
} from '../test_provider.ts';
import { audience, issuer, jwkSet, makeKey, makeToken, now } from './signed_tokens.ts';

/** Less than a token lives. */
const frozenSeconds = 150;

let provider: TestProvider;
let verifier: Verifier | undefined;
let asked: number;
/** Seconds that the verifier's clock is ahead of the issuer's. */
let ahead: number;
/** What answers in place of the issuer; undefined: the issuer does. */
let instead: ((url: string) => Promise<Response> | undefined) | undefined;

beforeEach(async () => {
  provider = await createTestProvider({ environment: { KEYTURN_STATUS_LIST_PLACES: '4096' } });
  await addResource(provider.store, { statusList: true });
  await addClient(provider.store, 'machine');
  [verifier, asked, ahead, instead] = [undefined, 0, 0, undefined];
});
afterEach(async () => {
  verifier?.close();
  await provider.store.close();
});

const follow = (revocation: RevocationCheck): Verifier => {
  const fromIssuer = fetchFrom(provider.app);
  const fetch: typeof globalThis.fetch = async (input, init) => {
    if (String(input).includes('jwks')) return fromIssuer(input, init);
    asked += 1;
    return instead?.(String(input)) ?? fromIssuer(input, init);
  };
  verifier = createVerifier({
    issuer: 'https://id.example.com',
    audience: registeredResource,
    clock: { now: () => provider.clock.now() + ahead },
    fetch,
    revocation,
  });
  return verifier;
};

const issue = async (): Promise<string> => {
  const headers = { Authorization: basic('machine') };
  return (await tokenAnswer(await postToken(provider.app, { grant_type: 'client_credentials' }, headers))).access_token;
};

const revoke = async (token: string): Promise<void> => {
  await provider.app.request('/revoke', {
    method: 'POST',
    headers: { Authorization: basic('machine'), 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ token }),
  });
};

const verdictsOf = (...tokens: readonly string[]): Promise<readonly string[]> =>
  Promise.all(
    tokens.map((token) =>
      verifier?.verify(token).then(
        () => 'stands',
        (error: { readonly code?: string }) => error.code ?? String(error),
      ),
    ),
  ) as Promise<readonly string[]>;

/** The issuer goes on meanwhile, and nothing of the verifier does. */
const freeze = async (): Promise<void> => {
  provider.clock.advance(frozenSeconds);
  await provider.keyRing.refresh();
  await provider.revocations.refresh();
  asked = 0;
};

describe.each([
  [
    'the feed',
    (options: Pick<FollowStatusListsOptions, 'whenStale'> = {}) =>
      followRevocationFeed({ ...options, pollSeconds: 100 }),
  ],
  ['the lists', followStatusLists],
])('after a standstill, with %s', (_, follower) => {
  test('who asks first is told of now, and all of them by one fetch', async () => {
    const [good, revoked] = [await issue(), await issue()];
    await follow(follower()).ready();
    for (let times = 0; times < 3; times += 1) {
      await freeze();
      expect(await verdictsOf(good, good, good)).toEqual(['stands', 'stands', 'stands']);
      expect(asked).toBe(1);
    }
    await revoke(revoked);
    await freeze();
    expect(await verdictsOf(revoked, good)).toEqual(['token_revoked', 'stands']);
  });

  test('fail-open does not let pass what was revoked meanwhile, while the issuer can be asked', async () => {
    const revoked = await issue();
    await follow(follower({ whenStale: { failOpenSeconds: 3600 } })).ready();
    expect(await verdictsOf(revoked)).toEqual(['stands']);
    await revoke(revoked);
    await freeze();
    expect(await verdictsOf(revoked)).toEqual(['token_revoked']);
  });

  test('a fetch that was under way and ends with the standstill is no failure of the issuer', async () => {
    const good = await issue();
    await follow(follower()).ready();
    await freeze();
    let breakOff = (_: Error): void => undefined;
    instead = () =>
      new Promise((_, reject) => {
        instead = undefined;
        breakOff = reject;
      });
    // It begins one, and stands still again before there is an answer.
    const waiting = verdictsOf(good);
    await expect.poll(() => asked).toBe(1);
    await freeze();
    breakOff(new Error('The connection was cut.'));
    expect(await verdictsOf(good)).toEqual(['stands']);
    await waiting;
  });

  test('a kept connection that ended meanwhile is no failure of the issuer either', async () => {
    const good = await issue();
    await follow(follower()).ready();
    await freeze();
    instead = () => {
      instead = undefined;
      return Promise.reject(new TypeError('fetch failed'));
    };
    expect(await verdictsOf(good)).toEqual(['stands']);
  });

  test('an issuer that is away is asked twice by all together, and then no request waits for it', async () => {
    const good = await issue();
    await follow(follower()).ready();
    await freeze();
    instead = async () => new Response('', { status: 503 });
    expect(await verdictsOf(good, good)).toEqual(['revocation_stale', 'revocation_stale']);
    expect(await verdictsOf(good, good)).toEqual(['revocation_stale', 'revocation_stale']);
    expect(asked).toBe(2);
  });

  test('a clock that leapt makes it ask for the first request, and not for those after it', async () => {
    const good = await issue();
    await follow(follower()).ready();
    ahead = frozenSeconds;
    expect(await verdictsOf(good)).toEqual(['revocation_stale']);
    const askedOnce = asked;
    provider.clock.advance(2);
    expect(await verdictsOf(good)).toEqual(['revocation_stale']);
    expect(asked).toBe(askedOnce);
  });
});

test('a round of many lists at a slow issuer is no standstill', async () => {
  const good = await issue();
  const aggregation = 'https://id.example.com/status-lists';
  const lists = (await (await fetchFrom(provider.app)(aggregation)).json()) as { readonly status_lists: string[] };
  const slow = Array.from({ length: 32 }, (_, place) => `${aggregation}/slow-${place}`);
  const underWay: (() => void)[] = [];
  instead = (url) => {
    if (url === aggregation) return Promise.resolve(Response.json({ status_lists: [...lists.status_lists, ...slow] }));
    if (!slow.includes(url)) return undefined;
    return new Promise((resolve) => underWay.push(() => resolve(new Response('', { status: 503 }))));
  };
  follow(followStatusLists({ staleAfterSeconds: 5 }));
  for (let batch = 0; batch < 3; batch += 1) {
    await expect.poll(() => underWay.length).toBe(8);
    provider.clock.advance(4);
    for (const end of underWay.splice(0)) end();
  }
  await expect.poll(() => underWay.length).toBe(8);
  asked = 0;
  expect(await verdictsOf(good)).toEqual(['revocation_stale']);
  expect(asked).toBe(0);
});

describe('after standstills, with the key set', () => {
  const lateMilliseconds = 7000;
  const cutOff = (): never => {
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + lateMilliseconds);
    throw new Error('The operation was aborted due to timeout');
  };
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test('a refresh that ends with each of them is waited for once the set is no longer fresh, so that a revoked key is', async () => {
    const [key, next] = [makeKey('ES256'), makeKey('ES256')];
    const problems: unknown[] = [];
    let [at, published, cut] = [now, [key], false];
    const fetch = async (): Promise<Response> => {
      if (!cut) return Response.json(jwkSet(...published), { headers: { 'cache-control': 'max-age=40' } });
      return cutOff();
    };
    const keys = keysFromUrl(`${issuer}/.well-known/jwks.json`, { fetch, onProblem: (error) => problems.push(error) });
    const verifier = createVerifier({ issuer, audience, keys, clock: { now: () => at } });
    const code = () =>
      verifier.verify(makeToken(key)).then(
        () => 'stands',
        (error) => error.code,
      );
    expect(await code()).toBe('stands');
    [published, cut] = [[next], true];
    at = now + 35;
    expect(await code()).toBe('stands');
    await expect.poll(() => problems.length).toBe(1);
    vi.restoreAllMocks();
    cut = false;
    at = now + 42;
    expect(await code()).toBe('key_unknown');
  });

  test('a key that was asked for meanwhile, by a fetch that ends with one, is asked for again', async () => {
    const [key, next] = [makeKey('ES256'), makeKey('ES256')];
    let [at, published, cut] = [now, [key], false];
    const fetch = async (): Promise<Response> => {
      if (!cut) return Response.json(jwkSet(...published), { headers: { 'cache-control': 'max-age=300' } });
      return cutOff();
    };
    const keys = keysFromUrl(`${issuer}/.well-known/jwks.json`, { fetch });
    const verifier = createVerifier({ issuer, audience, keys, clock: { now: () => at } });
    await verifier.verify(makeToken(key));
    [at, published, cut] = [now + 31, [key, next], true];
    await expect(verifier.verify(makeToken(next))).rejects.toMatchObject({ code: 'key_unknown' });
    vi.restoreAllMocks();
    [at, cut] = [now + 62, false];
    await expect(verifier.verify(makeToken(next))).resolves.toBeDefined();
  });
});
