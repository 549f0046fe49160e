import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { askUserinfo, expectEnded, expectRefusal, refresh, type TokenAnswer } from '../token_requests.ts';
import { familyOf, idleSeconds, openThreeNodes, retrySeconds, type ThreeNodes } from './three_nodes.ts';

let people: ThreeNodes['people'];
let others: ThreeNodes['others'];
let openNode: ThreeNodes['openNode'];
let pass: ThreeNodes['pass'];
let startFamily: ThreeNodes['startFamily'];
let liveChildren: ThreeNodes['liveChildren'];
let refreshed: ThreeNodes['refreshed'];
let endReason: ThreeNodes['endReason'];
let close: ThreeNodes['close'];

beforeAll(async () => {
  ({ people, others, openNode, pass, startFamily, liveChildren, refreshed, endReason, close } = await openThreeNodes());
});

beforeEach(() => {
  (people.records as unknown[]).length = 0;
});

afterAll(() => close());

describe('a refresh token used again, RFC 9700 §4.14.2', () => {
  test('each use gives a new one', async () => {
    const first = await startFamily();
    const second = await refreshed(first.refresh_token);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(second.access_token).not.toBe(first.access_token);
    expect(second.scope).toBe(first.scope);
    expect((await askUserinfo(people.app, second.access_token)).status).toBe(200);
    expect(liveChildren(first)).toBe(1);
  });

  test('T079: after the retry window the whole family ends, and that is recorded', async () => {
    const first = await startFamily();
    const second = await refreshed(first.refresh_token);
    await pass(retrySeconds);
    await expectRefusal(await refresh(people.app, first.refresh_token), 'invalid_grant');
    await expectEnded(people.app, second);
    const [event] = await people.store.listAudit({ type: 'family.ended', limit: 1 });
    expect(event).toMatchObject({
      clientId: 'app',
      details: { family_id: familyOf(first), reason: 'refresh_token_reused' },
    });
    expect(people.records.map(({ message }) => message)).toContain('a spent code or refresh token was used again');
  });

  test('T079: a token of long ago ends the family too, and another family of the same end-user goes on', async () => {
    const [first, elsewhere] = [await startFamily(), await startFamily()];
    let latest = first;
    for (let turn = 0; turn < 4; turn += 1) latest = await refreshed(latest.refresh_token);
    await pass(retrySeconds + 1);
    await expectRefusal(await refresh(people.app, first.refresh_token), 'invalid_grant');
    await expectEnded(people.app, latest);
    await refreshed(elsewhere.refresh_token);
  });

  test('T081: the same answer again within the retry window, to the letter', async () => {
    const first = await startFamily();
    const lost = await (await refresh(people.app, first.refresh_token)).text();
    await pass(retrySeconds - 1);
    const again = await refresh(people.app, first.refresh_token);
    expect([again.status, await again.text()]).toEqual([200, lost]);
    expect(again.headers.get('Cache-Control')).toBe('no-store');
    expect(liveChildren(first)).toBe(1);
    const found = JSON.parse(lost) as TokenAnswer;
    await refreshed(found.refresh_token);
  });

  test('T081: another node gives the same answer again', async () => {
    const first = await startFamily();
    const lost = await refreshed(first.refresh_token);
    expect(await refreshed(first.refresh_token, others[0].app)).toEqual(lost);
  });

  test('T081: an answer is not given again once its family ended', async () => {
    const first = await startFamily();
    const second = await refreshed(first.refresh_token);
    await people.store.endFamily(familyOf(second), 'a test', people.clock.now());
    await expectRefusal(await refresh(people.app, first.refresh_token), 'invalid_grant');
  });

  test('T081: an answer is not given again with a scope that was not granted', async () => {
    const first = await startFamily('openid offline_access');
    await refreshed(first.refresh_token);
    await expectRefusal(await refresh(people.app, first.refresh_token, { scope: 'openid email' }), 'invalid_scope');
  });

  test.each([2, 10, 100])('T080: %d at once, on one node, get one answer', async (count) => {
    const first = await startFamily();
    const responses = await Promise.all(Array.from({ length: count }, () => refresh(people.app, first.refresh_token)));
    const bodies = new Set(await Promise.all(responses.map((response) => response.text())));
    expect(responses.map(({ status }) => status)).toEqual(Array(count).fill(200));
    expect(bodies.size).toBe(1);
    expect(liveChildren(first)).toBe(1);
  });

  test.each([3, 30, 99])('T080: %d at once, on three nodes, get one answer', async (count) => {
    const first = await startFamily();
    const apps = [people.app, ...others.map(({ app }) => app)];
    const responses = await Promise.all(
      Array.from({ length: count }, (_, turn) => refresh(apps[turn % 3] ?? people.app, first.refresh_token)),
    );
    const bodies = new Set(await Promise.all(responses.map((response) => response.text())));
    expect(responses.map(({ status }) => status)).toEqual(Array(count).fill(200));
    expect(bodies.size).toBe(1);
    expect(liveChildren(first)).toBe(1);
  });

  test('T080: a race that is run again and again leaves one lineage', async () => {
    const first = await startFamily();
    let latest = first;
    for (let round = 0; round < 10; round += 1) {
      const { refresh_token } = latest;
      const answers = await Promise.all([people, ...others].map(({ app }) => refreshed(refresh_token, app)));
      expect(new Set(answers.map(({ refresh_token: successor }) => successor)).size).toBe(1);
      latest = answers[0] ?? latest;
      expect(liveChildren(first)).toBe(1);
    }
  });

  test('T084: reuse is seen after a restart', async () => {
    const first = await startFamily();
    const second = await refreshed(first.refresh_token);
    await pass(retrySeconds);
    const restarted = await openNode();
    await expectRefusal(await refresh(restarted.app, first.refresh_token), 'invalid_grant');
    await restarted.store.close();
    await expectEnded(people.app, second);
    expect(await endReason(second)).toBe('refresh_token_reused');
  });

  test('T084: reuse is seen after what expired was swept away', async () => {
    const first = await startFamily();
    const second = await refreshed(first.refresh_token);
    await pass(idleSeconds - 1);
    const third = await refreshed(second.refresh_token);
    await pass(idleSeconds - 1);
    await people.store.removeExpired(people.clock.now(), people.clock.now() - idleSeconds);
    await expectRefusal(await refresh(people.app, first.refresh_token), 'invalid_grant');
    await expectEnded(people.app, third);
  });
});
