import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Browser, cheapHasher, obtainCode, openPeople, type People, redeem } from '../people.ts';
import { databasePathIn, makeFolder } from '../running_server.ts';
import { askUserinfo, expectEnded, expectRefusal, readAnswer, refresh } from '../token_requests.ts';

const day = 86_400;
const offline = { scope: 'openid profile offline_access' };
const kekRing = JSON.stringify({
  keys: [{ kty: 'oct', kid: 'kek', k: randomBytes(32).toString('base64url') }],
});
const folder = makeFolder();
let people: People;
/** Another node on the same database. */
let other: People;
let browser: Browser;

beforeAll(async () => {
  const shared = { databasePath: databasePathIn(folder), kekRing, passwordHasher: cheapHasher };
  people = await openPeople(shared);
  other = await openPeople({ ...shared, clock: people.clock });
  await people.addClient('other');
  browser = people.openBrowser();
});

afterAll(async () => {
  await Promise.all([people.store.close(), other.store.close()]);
});

/** Time goes by on both nodes. */
const pass = async (seconds: number): Promise<void> => {
  await people.pass(seconds);
  await other.keyRing.refresh();
};

describe('a code used twice, RFC 6749 §4.1.2', () => {
  test('T068: the second use is invalid_grant and ends all that the first gave', async () => {
    const code = await obtainCode(browser, offline);
    const tokens = await readAnswer(await redeem(people.app, code));
    const next = await readAnswer(await refresh(people.app, tokens.refresh_token));
    expect((await askUserinfo(people.app, next.access_token)).status).toBe(200);
    await expectRefusal(await redeem(people.app, code), 'invalid_grant');
    await expectEnded(people.app, next);
    expect((await askUserinfo(people.app, tokens.access_token)).status).toBe(401);
    const [event] = await people.store.listAudit({ type: 'family.ended', limit: 1 });
    expect(event?.details.reason).toBe('code_reused');
  });

  test('T068: a code is remembered as used after it expired, and its reuse still ends what it gave', async () => {
    const code = await obtainCode(browser);
    const tokens = await readAnswer(await redeem(people.app, code));
    await pass(61);
    await expectRefusal(await redeem(people.app, code), 'invalid_grant');
    await expectEnded(people.app, tokens);
  });

  test('T068: reuse is seen as long as what the code gave lives, however often what expired is deleted', async () => {
    const code = await obtainCode(browser, offline);
    const tokens = await readAnswer(await redeem(people.app, code));
    await pass(20 * day);
    await people.store.removeExpired(people.clock.now(), people.clock.now() - 3600);
    const next = await readAnswer(await refresh(people.app, tokens.refresh_token));
    await expectRefusal(await redeem(people.app, code), 'invalid_grant');
    expect(people.records.at(-1)?.fields.reason).toBe('code_used');
    await expectEnded(people.app, next);
  });

  test('T068: what the second use gets wrong gives it away as no holder of the code, and ends nothing', async () => {
    const code = await obtainCode(browser);
    const tokens = await readAnswer(await redeem(people.app, code));
    await expectRefusal(
      await redeem(people.app, code, { code_verifier: randomBytes(32).toString('base64url') }),
      'invalid_grant',
    );
    await expectRefusal(await redeem(people.app, code, { client_id: 'other' }), 'invalid_grant');
    expect((await askUserinfo(people.app, tokens.access_token)).status).toBe(200);
  });

  test.each([2, 10, 50])('T068: of %d at once, on two nodes, exactly one gets tokens', async (count) => {
    const code = await obtainCode(browser, offline);
    const nodes = [people.app, other.app];
    const responses = await Promise.all(
      Array.from({ length: count }, (_, turn) => redeem(nodes[turn % 2] ?? people.app, code)),
    );
    const won = responses.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    for (const response of responses) if (response.status !== 200) await expectRefusal(response, 'invalid_grant');
    if (won[0] !== undefined) await expectEnded(people.app, await readAnswer(won[0]));
  });
});
