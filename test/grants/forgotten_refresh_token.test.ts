// What is spent long enough is not kept: its reuse is seen by the family it tells. RFC 9700 §4.14.2.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refreshTokenRecord } from '../../src/grants/authorization_code.ts';
import { hashOpaque, makeOpaque } from '../../src/tokens/opaque.ts';
import { firstRefreshToken } from '../../src/tokens/refresh_token_value.ts';
import { postForm } from '../people.ts';
import { expectEnded, expectRefusal, refresh, type TokenAnswer } from '../token_requests.ts';
import { familyOf, openThreeNodes, retrySeconds, type ThreeNodes } from './three_nodes.ts';

let nodes: ThreeNodes;

beforeAll(async () => {
  nodes = await openThreeNodes();
  await nodes.people.addClient('another');
});

afterAll(() => nodes.close());

const isForgotten = async (token: string): Promise<boolean> =>
  (await nodes.people.store.findRefreshToken(hashOpaque(token))) === undefined;

/** Two tokens that are spent and deleted, and the one that goes on. */
const forgetTwo = async () => {
  const { people, startFamily, refreshed, pass } = nodes;
  const first = await startFamily();
  const second = await refreshed(first.refresh_token);
  const third = await refreshed(second.refresh_token);
  await pass(retrySeconds);
  await people.store.removeExpired(people.clock.now(), people.clock.now());
  for (const { refresh_token } of [first, second]) expect(await isForgotten(refresh_token)).toBe(true);
  return { first, second, third };
};

const expectAlive = async (latest: TokenAnswer): Promise<void> => {
  expect(await nodes.endReason(latest)).toBeNull();
  await nodes.refreshed(latest.refresh_token);
};

describe('a refresh token that the store has forgotten', () => {
  test('T084: its reuse ends the family, and that is recorded', async () => {
    const { first, third } = await forgetTwo();
    const { people, endReason } = nodes;
    await expectRefusal(await refresh(people.app, first.refresh_token), 'invalid_grant');
    expect(await endReason(third)).toBe('refresh_token_reused');
    await expectEnded(people.app, third);
    const [event] = await people.store.listAudit({ type: 'family.ended', limit: 1 });
    expect(event?.details).toMatchObject({ family_id: familyOf(first), reason: 'refresh_token_reused' });
  });

  test('T084: of a family that goes on and on only what was spent last is kept', async () => {
    const { people, startFamily, refreshed, pass } = nodes;
    const tokens = [await startFamily()];
    for (let turn = 0; turn < 30; turn += 1) {
      tokens.push(await refreshed(tokens.at(-1)?.refresh_token ?? ''));
      await pass(retrySeconds);
      await people.store.removeExpired(people.clock.now(), people.clock.now() - 3 * retrySeconds);
    }
    const forgotten = await Promise.all(tokens.map(({ refresh_token }) => isForgotten(refresh_token)));
    expect(forgotten.filter((each) => !each)).toHaveLength(4);
  });

  test('RFC 7009: given back, it ends the family', async () => {
    const { second, third } = await forgetTwo();
    const answer = await postForm(nodes.people.app, '/revoke', { token: second.refresh_token, client_id: 'app' });
    expect(answer.status).toBe(200);
    expect(await nodes.endReason(third)).toBe('revoked_by_client');
  });

  test('T086: another client does nothing with it', async () => {
    const { first, third } = await forgetTwo();
    const { app } = nodes.people;
    await expectRefusal(await refresh(app, first.refresh_token, { client_id: 'another' }), 'invalid_grant');
    await postForm(app, '/revoke', { token: first.refresh_token, client_id: 'another' });
    await expectAlive(third);
  });

  test('one that was damaged on its way is not taken for reuse', async () => {
    const { first, third } = await forgetTwo();
    const token = first.refresh_token;
    for (let place = 0; place < token.length; place += 1) {
      const damaged = token.slice(0, place) + (token[place] === 'A' ? 'B' : 'A') + token.slice(place + 1);
      await expectRefusal(await refresh(nodes.people.app, damaged), 'invalid_grant');
    }
    for (const damaged of [token.slice(1), token.slice(0, -1), `${token}A`, `${token}=`, ` ${token.slice(1)}`])
      await expectRefusal(await refresh(nodes.people.app, damaged), 'invalid_grant');
    await expectAlive(third);
  });

  test('nobody makes one of the family_id that access tokens show', async () => {
    const { third } = await forgetTwo();
    const { value } = firstRefreshToken(familyOf(third));
    await expectRefusal(await refresh(nodes.people.app, value), 'invalid_grant');
    await expectAlive(third);
  });
});

describe('a refresh token that the version before made', () => {
  test('it tells no family, nor do those after it, and is kept as long as its family', async () => {
    const { people, startFamily, refreshed, pass, endReason } = nodes;
    const first = await startFamily();
    const family = await people.store.findFamily(familyOf(first));
    if (family === undefined) throw new TypeError('the family has just begun');
    const [old, now] = [makeOpaque(), people.clock.now()];
    const tokenHash = hashOpaque(first.refresh_token);
    const successor = refreshTokenRecord(old, family, now, people.config);
    await people.store.rotateRefreshToken({ tokenHash, usedAt: now, answer: 'sealed', successor });
    const next = await refreshed(old);
    expect(next.refresh_token).toHaveLength(43);
    await pass(retrySeconds);
    await people.store.removeExpired(people.clock.now(), people.clock.now());
    expect(await isForgotten(old)).toBe(false);
    await expectRefusal(await refresh(people.app, old), 'invalid_grant');
    expect(await endReason(next)).toBe('refresh_token_reused');
  });
});
