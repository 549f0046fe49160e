import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Store, StoreUnavailableError } from '../../src/seams/store.ts';
import { findPlace } from '../../src/status_lists/find_place.ts';
import { readStatusList, statusAt } from '../../src/verifier/status_list.ts';
import {
  addClient,
  addResource,
  basic,
  createTestProvider,
  postToken,
  type TestProvider,
  tokenAnswer,
} from '../test_provider.ts';

interface StatusReference {
  readonly idx: number;
  readonly uri: string;
}

let provider: TestProvider;
let failing: boolean;
beforeEach(async () => {
  failing = false;
  provider = await createTestProvider({ environment: { KEYTURN_STATUS_LIST_PLACES: '4096' } });
  const { store } = provider;
  const read = store.readRevocations;
  (store as { readRevocations: Store['readRevocations'] }).readRevocations = async (...after) => {
    if (failing) throw new StoreUnavailableError('the disk is gone');
    return read(...after);
  };
  await addResource(store, { statusList: true });
  await addClient(store, 'machine');
});
afterEach(() => provider.store.close());

const issue = async () => {
  const response = await postToken(
    provider.app,
    { grant_type: 'client_credentials' },
    { Authorization: basic('machine') },
  );
  const { jti, status } = decodeJwt((await tokenAnswer(response)).access_token);
  const { status_list: reference } = status as { readonly status_list: StatusReference };
  return { jti: String(jti), ...reference };
};

const get = async (uri: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  provider.app.request(uri, { headers });

const readList = async (uri: string) => {
  const token = await (await get(uri)).text();
  return { token, header: decodeProtectedHeader(token), claims: decodeJwt(token) };
};

const statusIn = async (uri: string, index: number) => {
  const { claims } = await readList(uri);
  return statusAt(await readStatusList(claims.status_list, 2 ** 20), index);
};

const revoke = async (jti: string) => {
  const place = await findPlace(jti, provider.store);
  await provider.store.denyToken(jti, provider.clock.now() + 600, place);
};

describe('a Status List Token, draft-ietf-oauth-status-list-17 §5.1, §8', () => {
  test('is what the draft says, signed by the active key', async () => {
    const { uri } = await issue();
    const response = await get(uri, { Accept: 'application/statuslist+jwt' });
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('application/statuslist+jwt');
    expect(response.headers.get('Cache-Control')).toBe('public, max-age=30');
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*');
    const { header, claims } = await readList(uri);
    expect(header).toEqual({ alg: 'ES256', typ: 'statuslist+jwt', kid: expect.any(String) });
    const now = provider.clock.now();
    expect(claims).toEqual({
      iss: 'https://id.example.com',
      sub: uri,
      iat: now,
      exp: now + 300,
      ttl: 30,
      status_list: {
        bits: 1,
        lst: expect.stringMatching(/^eN[\w-]+$/),
        aggregation_uri: 'https://id.example.com/status-lists',
      },
    });
    expect((await readStatusList(claims.status_list, 2 ** 20)).bytes).toHaveLength(4096 / 8);
  });

  test('has the ETag that gets 304, and HEAD and OPTIONS', async () => {
    const { uri } = await issue();
    const etag = (await get(uri)).headers.get('ETag') ?? '';
    expect(etag).toMatch(/^"[\w-]{43}"$/);
    expect((await get(uri, { 'If-None-Match': etag })).status).toBe(304);
    expect((await provider.app.request(uri, { method: 'HEAD' })).status).toBe(200);
    expect((await provider.app.request(uri, { method: 'OPTIONS' })).status).toBe(204);
    expect((await provider.app.request(uri, { method: 'POST' })).status).toBe(405);
  });

  test('§8.4: history is not kept, 501 and never a list of today', async () => {
    const { uri } = await issue();
    expect((await get(`${uri}?time=1686925000`)).status).toBe(501);
    expect((await get(`${uri}?time=`)).status).toBe(501);
  });

  test.each(['x', 'AAAAAAAAAAAAAAAA', '..%2f..', '%00'])(
    'the list %s is not found, and not to be kept',
    async (listId) => {
      const response = await get(`https://id.example.com/status-lists/${listId}`);
      expect(response.status).toBe(404);
      expect(response.headers.get('Cache-Control')).toBe('no-store');
    },
  );

  test("a revoked token's bit is set, and no other of thousands", async () => {
    const [revoked, standing] = [await issue(), await issue()];
    expect(await statusIn(revoked.uri, revoked.idx)).toBe(0);
    await revoke(revoked.jti);
    provider.clock.advance(1);
    expect(await statusIn(revoked.uri, revoked.idx)).toBe(1);
    expect(await statusIn(standing.uri, standing.idx)).toBe(0);
    const { claims } = await readList(revoked.uri);
    const { bytes } = await readStatusList(claims.status_list, 2 ** 20);
    expect(bytes.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)).toBe(1);
  });

  test('is signed anew with the time it is true at; unchanged in between, so that caches share it', async () => {
    const { uri } = await issue();
    const first = await readList(uri);
    provider.clock.advance(2);
    expect((await readList(uri)).token).toBe(first.token);
    // Not older than its ttl in any of them.
    expect((await get(uri)).headers.get('Cache-Control')).toBe('public, max-age=28');
    provider.clock.advance(3);
    expect((await readList(uri)).claims.iat).toBe(Number(first.claims.iat) + 5);
  });

  test('I5: is signed anew at once when the key that signed it is revoked', async () => {
    const { uri } = await issue();
    const { store, keyRing, clock } = provider;
    const { kid } = keyRing.activeSigner('ES256').signer;
    const standby = keyRing.keys.find((key) => key.alg === 'ES256' && key.kid !== kid);
    expect((await readList(uri)).header.kid).toBe(kid);
    const promotedKid = String(standby?.kid);
    await store.revokeSigningKey({ kid, reason: 'a test', revokedAt: clock.now(), promotedKid, successor: null });
    await keyRing.refresh();
    expect((await readList(uri)).header.kid).toBe(promotedKid);
  });

  test('with the database down it is served as it was, and does not claim to be newer', async () => {
    const { uri } = await issue();
    const before = await readList(uri);
    failing = true;
    provider.clock.advance(25);
    const during = await get(uri);
    expect(during.headers.get('Cache-Control')).toBe('public, max-age=5');
    expect(await during.text()).toBe(before.token);
    failing = false;
    provider.clock.advance(1);
    expect((await readList(uri)).claims.iat).toBe(Number(before.claims.iat) + 26);
  });

  test('dies with its last token: gone from the aggregation and from the database', async () => {
    const { uri } = await issue();
    const aggregation = async () =>
      (
        (await (await get('https://id.example.com/status-lists')).json()) as {
          readonly status_lists: readonly string[];
        }
      ).status_lists;
    expect(await aggregation()).toContain(uri);
    provider.clock.advance(3000);
    await provider.keyRing.refresh();
    expect(await aggregation()).not.toContain(uri);
    await provider.store.removeExpiredRevocations(provider.clock.now() - 400, 0);
    provider.clock.advance(1);
    expect((await get(uri)).status).toBe(404);
  });
});
