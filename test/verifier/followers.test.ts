// What the followers do when the issuer cannot be reached, and when somebody lies to them.
import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { signJwt, type TokenType } from '../../src/tokens/jws.ts';
import { nameOf } from '../../src/verifier/remembered_tokens.ts';
import type { RevocationCheck } from '../../src/verifier/revocation_check.ts';
import { followRevocationFeed } from '../../src/verifier/revocation_feed_follower.ts';
import { followStatusLists } from '../../src/verifier/status_list_follower.ts';
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

const issuer = 'https://id.example.com';
let provider: TestProvider;
let asked: string[];
/** What answers in place of the issuer; undefined: the issuer does. */
let instead: ((url: string, init?: RequestInit) => Response | undefined) | undefined;
let verifiers: Verifier[];

beforeEach(async () => {
  provider = await createTestProvider({ environment: { KEYTURN_STATUS_LIST_PLACES: '4096' } });
  await addResource(provider.store, { statusList: true });
  await addClient(provider.store, 'machine');
  [asked, instead, verifiers] = [[], undefined, []];
});
afterEach(async () => {
  for (const verifier of verifiers) verifier.close();
  await provider.store.close();
});

const follow = (revocation: RevocationCheck): Verifier => {
  const fromIssuer = fetchFrom(provider.app);
  const fetch: typeof globalThis.fetch = async (input, init) => {
    asked.push(String(input));
    return instead?.(String(input), init) ?? fromIssuer(input, init);
  };
  const verifier = createVerifier({ issuer, audience: registeredResource, clock: provider.clock, fetch, revocation });
  verifiers.push(verifier);
  return verifier;
};

const issue = async (): Promise<string> =>
  (
    await tokenAnswer(
      await postToken(provider.app, { grant_type: 'client_credentials' }, { Authorization: basic('machine') }),
    )
  ).access_token;

/** A document as only the issuer can sign it. */
const sign = (typ: TokenType, claims: object): Promise<string> =>
  signJwt(typ, claims, provider.keyRing.activeSigner('ES256').signer);

const verdictOf = (verifier: Verifier, token: string): Promise<string> =>
  verifier.verify(token).then(
    () => 'stands',
    (error: { readonly code?: string }) => error.code ?? String(error),
  );

const askedFor = (what: string): number => asked.filter((url) => url.includes(what)).length;
const gone = () => new Response('', { status: 503 });

const followers = {
  list: (whenStale?: { readonly failOpenSeconds: number }) =>
    followStatusLists(whenStale === undefined ? {} : { whenStale }),
  feed: (whenStale?: { readonly failOpenSeconds: number }) =>
    followRevocationFeed(whenStale === undefined ? {} : { whenStale }),
};
type How = keyof typeof followers;
const staleAfter: Readonly<Record<How, number>> = { list: 60, feed: 10 };

describe.each(Object.keys(followers) as How[])('the issuer cannot be reached, with the %s', (how) => {
  const isOfIssuersKeys = (url: string): boolean => url.includes('jwks');

  test('fail-closed: tokens are refused once what is known is too old, and until then they are not', async () => {
    const token = await issue();
    const verifier = follow(followers[how]());
    await verifier.ready();
    expect(await verdictOf(verifier, token)).toBe('stands');
    instead = (url) => (isOfIssuersKeys(url) ? undefined : gone());
    provider.clock.advance(staleAfter[how]);
    expect(await verdictOf(verifier, token)).toBe('stands');
    provider.clock.advance(1);
    expect(await verdictOf(verifier, token)).toBe('revocation_stale');
  });

  test('fail-open: for the stated time more; what is known to be revoked stays refused', async () => {
    const [token, revoked] = [await issue(), await issue()];
    const form = { token: revoked };
    await provider.app.request('/revoke', {
      method: 'POST',
      headers: { Authorization: basic('machine'), 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form),
    });
    await provider.revocations.refresh();
    const verifier = follow(followers[how]({ failOpenSeconds: 100 }));
    await verifier.ready();
    instead = (url) => (isOfIssuersKeys(url) ? undefined : gone());
    provider.clock.advance(staleAfter[how] + 100);
    expect(await verdictOf(verifier, token)).toBe('stands');
    expect(await verdictOf(verifier, revoked)).toBe('token_revoked');
    provider.clock.advance(1);
    expect(await verdictOf(verifier, token)).toBe('revocation_stale');
  });

  test('from the start: fail-closed is not ready and refuses, fail-open goes on', async () => {
    const token = await issue();
    instead = (url) => (isOfIssuersKeys(url) ? undefined : gone());
    const closed = follow(followers[how]());
    await expect(closed.ready()).rejects.toMatchObject({ code: 'revocation_stale' });
    expect(await verdictOf(closed, token)).toBe('revocation_stale');
    const open = follow(followers[how]({ failOpenSeconds: 100 }));
    await open.ready();
    expect(await verdictOf(open, token)).toBe('stands');
    provider.clock.advance(staleAfter[how] + 101);
    expect(await verdictOf(open, token)).toBe('revocation_stale');
  });

  test('closed, it knows of nothing, and so lets nothing pass', async () => {
    const token = await issue();
    const verifier = follow(followers[how]());
    await verifier.ready();
    expect(await verdictOf(verifier, token)).toBe('stands');
    verifier.close();
    expect(await verdictOf(verifier, token)).toBe('revocation_stale');
    const open = follow(followers[how]({ failOpenSeconds: 100 }));
    await open.ready();
    open.close();
    expect(await verdictOf(open, token)).toBe('revocation_stale');
  });

  test('it follows for one verifier: a second would have it look for another issuer’s', () => {
    const revocation = followers[how]();
    follow(revocation);
    expect(() => follow(revocation)).toThrow(/another verifier/);
  });

  test('no call for a token: a thousand verifications ask for nothing', async () => {
    const tokens = await Promise.all(Array.from({ length: 100 }, issue));
    const verifier = follow(followers[how]());
    await verifier.ready();
    await verifier.verify(tokens[0] ?? '');
    const before = asked.length;
    for (let round = 0; round < 10; round += 1) await Promise.all(tokens.map((token) => verifier.verify(token)));
    expect(asked).toHaveLength(before);
  });
});

test.each([
  ['list', followStatusLists],
  ['feed', followRevocationFeed],
] as const)('a listener that throws ends no following, with the %s', async (_, followed) => {
  const token = await issue();
  instead = (url) => (url.includes('jwks') ? undefined : gone());
  let told = 0;
  const onProblem = (): void => {
    told += 1;
    throw new Error('the log is full');
  };
  const verifier = follow(followed({ onProblem }));
  await expect(verifier.ready()).rejects.toMatchObject({ code: 'revocation_stale' });
  expect(await verdictOf(verifier, token)).toBe('revocation_stale');
  expect(told).toBeGreaterThan(0);
  instead = undefined;
  await expect.poll(() => verdictOf(verifier, token), { timeout: 5000 }).toBe('stands');
});

test('a page in place of a stream is given up like any other fetch when it does not come to its end', async () => {
  instead = (url, init) => {
    if (url.includes('jwks')) return undefined;
    const body = new ReadableStream({
      start: (controller) => init?.signal?.addEventListener('abort', () => controller.error(new Error('aborted'))),
    });
    return new Response(body, { headers: { 'Content-Type': 'application/jwt' } });
  };
  const problems: unknown[] = [];
  follow(
    followRevocationFeed({ transport: 'stream', timeoutSeconds: 0.2, onProblem: (problem) => problems.push(problem) }),
  );
  await expect.poll(() => problems.length, { timeout: 5000 }).toBeGreaterThan(1);
});

test.each([
  ['list', followStatusLists],
  ['feed', followRevocationFeed],
])('with the %s, a fetcher that never settles and knows no signal is given up', async (what, followed) => {
  const problems: unknown[] = [];
  const onProblem = (problem: unknown) => problems.push(problem);
  const verifier = createVerifier({
    ...{ issuer, audience: registeredResource, clock: provider.clock },
    fetch: (url) => (String(url).includes('jwks') ? fetchFrom(provider.app)(url) : new Promise(() => undefined)),
    revocation: followed({ timeoutSeconds: 0.1, onProblem }),
  });
  verifiers.push(verifier);
  await expect(verifier.ready(), what).rejects.toMatchObject({ code: 'revocation_stale' });
  expect(problems.length).toBeGreaterThan(0);
});

describe('followStatusLists', () => {
  test('fetches a list it meets for the first time once, for all tokens that wait for it', async () => {
    const verifier = follow(followStatusLists());
    await verifier.ready();
    const tokens = await Promise.all(Array.from({ length: 50 }, issue));
    expect(askedFor('/status-lists/')).toBe(0);
    await Promise.all(tokens.map((token) => verifier.verify(token)));
    expect(askedFor('/status-lists/')).toBe(1);
  });

  test('a list that cannot be fetched is asked for again after a while, not for every token', async () => {
    const verifier = follow(followStatusLists());
    await verifier.ready();
    const token = await issue();
    instead = (url) => (url.includes('/status-lists/') ? gone() : undefined);
    for (let turn = 0; turn < 20; turn += 1) expect(await verdictOf(verifier, token)).toBe('revocation_stale');
    expect(askedFor('/status-lists/')).toBe(1);
    instead = undefined;
    provider.clock.advance(3);
    expect(await verdictOf(verifier, token)).toBe('stands');
  });

  const withStatus = async (status: unknown): Promise<string> =>
    sign('at+jwt', { ...decodeJwt(await issue()), jti: 'another', status });

  test.each([
    ['no status', undefined],
    ['another mechanism', { other: {} }],
    ['a negative index', { status_list: { idx: -1, uri: `${issuer}/status-lists/x` } }],
    ['a fraction', { status_list: { idx: 1.5, uri: `${issuer}/status-lists/x` } }],
    ['an index as text', { status_list: { idx: '1', uri: `${issuer}/status-lists/x` } }],
    ['no uri', { status_list: { idx: 1 } }],
    ['a list elsewhere', { status_list: { idx: 1, uri: 'https://evil.example.com/status-lists/x' } }],
    ['a list at a host that begins alike', { status_list: { idx: 1, uri: 'https://id.example.com.evil.example/x' } }],
  ])('a token with %s is refused, and nothing is fetched for it', async (_what, status) => {
    const verifier = follow(followStatusLists());
    await verifier.ready();
    const token = await withStatus(status);
    const before = asked.length;
    expect(await verdictOf(verifier, token)).toBe('claim_invalid');
    expect(asked.filter((url) => !url.includes('jwks')).length).toBe(
      asked.slice(0, before).filter((url) => !url.includes('jwks')).length,
    );
  });

  test('a token without status is taken where that is said', async () => {
    const verifier = follow(followStatusLists({ tokensWithoutStatus: 'accept' }));
    expect(await verdictOf(verifier, await withStatus(undefined))).toBe('stands');
  });

  const lies: Readonly<Record<string, (honest: string, url: string) => Promise<string>>> = {
    'another list of the issuer': async (honest) =>
      sign('statuslist+jwt', { ...decodeJwt(honest), sub: `${issuer}/status-lists/other` }),
    'a token of another type': async (honest) => sign('JWT', decodeJwt(honest)),
    'an altered list': async (honest) => `${honest.slice(0, -4)}AAAA`,
    'one that expired': async (honest) =>
      sign('statuslist+jwt', { ...decodeJwt(honest), exp: provider.clock.now() - 100 }),
    'a list of another issuer': async (honest) =>
      sign('statuslist+jwt', { ...decodeJwt(honest), iss: 'https://evil.example' }),
    'a list without iat': async (honest) => sign('statuslist+jwt', { ...decodeJwt(honest), iat: undefined }),
    HTML: async () => '<html>',
  };
  test.each(Object.keys(lies))('%s is no list: fail-closed', async (lie) => {
    const token = await issue();
    const { status } = decodeJwt(token) as { readonly status: { readonly status_list: { readonly uri: string } } };
    const { uri } = status.status_list;
    const honest = await (await provider.app.request(uri)).text();
    const told = await lies[lie]?.(honest, uri);
    instead = (url) => (url === uri ? new Response(told) : undefined);
    const verifier = follow(followStatusLists());
    expect(await verdictOf(verifier, token)).toBe('revocation_stale');
  });

  test('a verifier of RS256 tokens follows lists signed with ES256', async () => {
    await addResource(provider.store, {
      ...{ resource: 'https://rs256.example.com', accessTokenSigningAlg: 'RS256', statusList: true },
    });
    await addClient(provider.store, 'other', { resources: ['https://rs256.example.com'] });
    const answer = await postToken(
      provider.app,
      { grant_type: 'client_credentials' },
      { Authorization: basic('other') },
    );
    const verifier = createVerifier({
      ...{ issuer, audience: 'https://rs256.example.com', algorithms: ['RS256'], clock: provider.clock },
      ...{ fetch: fetchFrom(provider.app), revocation: followStatusLists() },
    });
    verifiers.push(verifier);
    expect(await verdictOf(verifier, (await tokenAnswer(answer)).access_token)).toBe('stands');
  });
});

describe('followRevocationFeed', () => {
  const page = (claims: object): Promise<string> => {
    const now = provider.clock.now();
    return sign('revocation-feed+jwt', {
      iss: issuer,
      iat: now,
      exp: now + 60,
      cursor: '5-aaaaaaaaaaaa',
      marks: [],
      ...claims,
    });
  };
  const hashOf = async (kind: string, value: string): Promise<string> =>
    (await nameOf(`keyturn revocation\n${issuer}\n${kind}\n${value}`)).slice(0, 22);
  const firstOf = async (token: string, told: string): Promise<string> => {
    instead = (url) =>
      url.includes('/revocations') ? new Response(told, { headers: { 'Content-Type': 'application/jwt' } }) : undefined;
    return verdictOf(follow(followRevocationFeed()), token);
  };

  test('an honest page is taken, and kinds of marks it does not know are passed over', async () => {
    const token = await issue();
    expect(await firstOf(token, await page({ marks: [{ device_id: 'x', exp: 1 }] }))).toBe('stands');
  });

  test.each<[string, () => Promise<string>]>([
    ['a page that follows on another, so that marks are missing', () => page({ since: '4-aaaaaaaaaaaa' })],
    ['a page of another issuer', () => page({ iss: 'https://evil.example' })],
    ['a page that expired', () => page({ exp: provider.clock.now() - 100 })],
    ['marks that are none', () => page({ marks: ['x'] })],
    ['no cursor', () => page({ cursor: undefined })],
    ['a token of another type', async () => sign('JWT', decodeJwt(await page({})))],
    ['an altered page', async () => `${(await page({})).slice(0, -4)}AAAA`],
    ['HTML', async () => '<html>'],
  ])('%s is none: fail-closed', async (_what, told) => {
    const token = await issue();
    expect(await firstOf(token, await told())).toBe('revocation_stale');
  });

  test('a page of old times, from a cache, is as old as it says', async () => {
    const token = await issue();
    const old = await page({});
    provider.clock.advance(11);
    expect(await firstOf(token, old)).toBe('revocation_stale');
  });

  test('more marks than are kept are no feed', async () => {
    const token = await issue();
    const marks = Array.from({ length: 20 }, (_, turn) => ({ jti: `mark-${turn}`, exp: provider.clock.now() + 60 }));
    const told = await page({ marks });
    instead = (url) => (url.includes('/revocations') ? new Response(told) : undefined);
    expect(await verdictOf(follow(followRevocationFeed({ mostMarks: 19 })), token)).toBe('revocation_stale');
    expect(await verdictOf(follow(followRevocationFeed({ mostMarks: 20 })), token)).toBe('stands');
  });

  test('what is known when there come to be too many marks stays known, and room is made of those that expired', async () => {
    const [token, revoked] = [await issue(), await issue()];
    const hash = await hashOf('jti', decodeJwt(revoked).jti as string);
    const now = provider.clock.now();
    const marksOf = (expiries: readonly number[]) => expiries.map((exp, turn) => ({ jti: `mark-${turn}-${exp}`, exp }));
    let told = await page({ marks: [{ jti: hash, exp: now + 600 }, ...marksOf([now + 5])] });
    instead = (url) => (url.includes('/revocations') ? new Response(told) : undefined);
    const problems: unknown[] = [];
    const onProblem = (problem: unknown) => problems.push(problem);
    const verifier = follow(followRevocationFeed({ mostMarks: 2, pollSeconds: 0.1, onProblem }));
    expect(await verdictOf(verifier, revoked)).toBe('token_revoked');
    told = await page({ marks: marksOf([now + 600]), cursor: '6-aaaaaaaaaaaa' });
    await expect.poll(() => problems.length).toBeGreaterThan(0);
    expect(await verdictOf(verifier, revoked)).toBe('token_revoked');
    expect(await verdictOf(verifier, token)).toBe('stands');
    provider.clock.advance(11);
    expect(await verdictOf(verifier, token)).toBe('revocation_stale');
    told = await page({ marks: marksOf([now + 600]), cursor: '6-aaaaaaaaaaaa' });
    await expect.poll(() => verdictOf(verifier, token), { timeout: 8000 }).toBe('stands');
    expect(await verdictOf(verifier, revoked)).toBe('token_revoked');
  });
});
