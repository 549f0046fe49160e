// A retry window that is longer than the life of the tokens in the answer that is repeated.
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askUserinfo, expectEnded, expectRefusal, refresh, type TokenAnswer } from '../token_requests.ts';
import { openThreeNodes, type ThreeNodes } from './three_nodes.ts';

const retrySeconds = 300;
const tokenSeconds = 60;

describe.each([
  { short: 'access_token', setting: 'KEYTURN_ACCESS_TOKEN_SECONDS' },
  { short: 'id_token', setting: 'KEYTURN_ID_TOKEN_SECONDS' },
] as const)('a repeat after the life of its answer’s $short', ({ short, setting }) => {
  let nodes: ThreeNodes;
  beforeAll(async () => {
    nodes = await openThreeNodes({
      KEYTURN_REFRESH_RETRY_SECONDS: `${retrySeconds}`,
      [setting]: `${tokenSeconds}`,
    });
  });
  afterAll(() => nodes.close());

  const lifeOf = (answer: TokenAnswer): number => (decodeJwt(answer[short]).exp ?? 0) - nodes.people.clock.now();

  test('T081: gets tokens that stand, again the same ones, and leaves one lineage', async () => {
    const { pass, startFamily, refreshed, liveChildren, people, others } = nodes;
    const first = await startFamily();
    const lost = await refreshed(first.refresh_token);
    await pass(tokenSeconds - 1);
    expect(await refreshed(first.refresh_token)).toEqual(lost);
    await pass(1);
    const found = await refreshed(first.refresh_token);
    expect(lifeOf(found)).toBe(tokenSeconds);
    expect((await askUserinfo(people.app, found.access_token)).status).toBe(200);
    expect(await refreshed(first.refresh_token, others[0].app)).toEqual(found);
    expect(await refreshed(lost.refresh_token)).toEqual(found);
    expect(liveChildren(first)).toBe(1);
    await pass(retrySeconds - tokenSeconds);
    await refreshed(found.refresh_token);
  });

  test('T080: of 30 at once, on three nodes, all get one answer', async () => {
    const { pass, startFamily, refreshed, liveChildren, people, others } = nodes;
    const first = await startFamily();
    await refreshed(first.refresh_token);
    await pass(tokenSeconds);
    const apps = [people.app, ...others.map(({ app }) => app)];
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, turn) => refreshed(first.refresh_token, apps[turn % 3])),
    );
    expect(new Set(answers.map(({ access_token }) => access_token)).size).toBe(1);
    expect(answers.map(lifeOf)).toEqual(Array(30).fill(tokenSeconds));
    expect(liveChildren(first)).toBe(1);
  });

  test('T081: of a tab that slept while another went on gets what the other has', async () => {
    const { pass, startFamily, refreshed, liveChildren } = nodes;
    const first = await startFamily();
    let latest = await refreshed(first.refresh_token);
    for (let turn = 0; turn < 3; turn += 1) {
      await pass(tokenSeconds + 10);
      latest = await refreshed(latest.refresh_token);
    }
    expect(await refreshed(first.refresh_token)).toEqual(latest);
    expect(liveChildren(first)).toBe(1);
  });

  test('T079: after the retry window ends the family all the same', async () => {
    const { pass, startFamily, refreshed, people } = nodes;
    const first = await startFamily();
    const second = await refreshed(first.refresh_token);
    await pass(retrySeconds);
    await expectRefusal(await refresh(people.app, first.refresh_token), 'invalid_grant');
    await expectEnded(people.app, second);
  });

  test('T079: after more refreshes than anybody needs in so short a time ends the family', async () => {
    const { pass, startFamily, refreshed, people } = nodes;
    const first = await startFamily();
    let latest = first;
    for (let turn = 0; turn < 102; turn += 1) latest = await refreshed(latest.refresh_token);
    await pass(tokenSeconds);
    await expectRefusal(await refresh(people.app, first.refresh_token), 'invalid_grant');
    await expectEnded(people.app, latest);
  });
});
