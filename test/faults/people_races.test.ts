// Done by two processes at once on one database: a code gives tokens once, and a refresh token has one successor.
import { randomBytes } from 'node:crypto';
import Database from 'better-sqlite3';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Browser, codeVerifier, issuer, obtainCode, type People, redirectUri } from '../people.ts';
import {
  databasePathIn,
  makeFolder,
  processTestMilliseconds,
  type RunningServer,
  removeFolder,
  startServer,
} from '../running_server.ts';
import { readAnswer, type TokenAnswer } from '../token_requests.ts';
import { openPeopleIn, send } from './people_node.ts';

const atOnce = 50;
const rounds = 4;
const folder = makeFolder();
let people: People;
let browser: Browser;
let servers: readonly RunningServer[];
let reader: Database.Database;

beforeAll(async () => {
  people = await openPeopleIn(folder);
  browser = people.openBrowser();
  await obtainCode(browser, { scope: 'openid offline_access' });
  const environment = { KEYTURN_ISSUER: issuer };
  servers = [await startServer(folder, environment), await startServer(folder, environment)];
  reader = new Database(databasePathIn(folder), { readonly: true });
}, processTestMilliseconds);

afterAll(async () => {
  reader.close();
  await Promise.all(servers.map((server) => server.stop()));
  await people.store.close();
  removeFolder(folder);
});

/** Sends a token request as often as `atOnce` says, by turns to either process. */
const race = (form: Readonly<Record<string, string>>): Promise<readonly Response[]> =>
  Promise.all(Array.from({ length: atOnce }, (_, turn) => send(`${servers[turn % servers.length]?.url}/token`, form)));

const redemption = async (): Promise<Readonly<Record<string, string>>> => ({
  grant_type: 'authorization_code',
  client_id: 'app',
  code: await obtainCode(browser, { scope: 'openid offline_access' }),
  redirect_uri: redirectUri,
  code_verifier: codeVerifier,
});

const refreshOf = ({ refresh_token }: TokenAnswer): Readonly<Record<string, string>> => ({
  grant_type: 'refresh_token',
  client_id: 'app',
  refresh_token,
});

const familyOf = (tokens: TokenAnswer): string => String(decodeJwt(tokens.access_token).family_id);

const liveChildren = (familyId: string): unknown =>
  reader.prepare('select count(*) from refresh_token where family_id = ? and used_at is null').pluck().get(familyId);

const statusesOf = (responses: readonly Response[]): readonly number[] =>
  responses.map(({ status }) => status).toSorted((left, right) => left - right);

describe('two processes, 50 requests at once', { timeout: processTestMilliseconds }, () => {
  test('T068: of the redemptions of one code exactly one gets tokens, and what it got ends', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const responses = await race(await redemption());
      expect(statusesOf(responses)).toEqual([200, ...Array(atOnce - 1).fill(400)]);
      const answers = await Promise.all(responses.map(readAnswer));
      const tokens = answers.find(({ error }) => error === undefined) as TokenAnswer;
      expect(new Set(answers.map(({ error }) => error))).toEqual(new Set([undefined, 'invalid_grant']));
      expect((await people.store.findFamily(familyOf(tokens)))?.endReason).toBe('code_reused');
      const late = await race(refreshOf(tokens));
      expect(new Set(statusesOf(late))).toEqual(new Set([400]));
      expect(liveChildren(familyOf(tokens))).toBe(1);
    }
  });

  test('T080: the refreshes of one token all get the same answer, and its family has one live child', async () => {
    const first = await readAnswer(await send(`${servers[0]?.url}/token`, await redemption()));
    let latest = first;
    for (let round = 0; round < rounds; round += 1) {
      const responses = await race(refreshOf(latest));
      expect(statusesOf(responses)).toEqual(Array(atOnce).fill(200));
      const bodies = new Set(await Promise.all(responses.map((response) => response.text())));
      expect(bodies.size).toBe(1);
      latest = JSON.parse([...bodies][0] ?? '') as TokenAnswer;
      expect(liveChildren(familyOf(first))).toBe(1);
    }
    expect((await people.store.findFamily(familyOf(first)))?.endedAt).toBeNull();
  });

  test('T080: refreshes and a revocation at once leave nothing that is good', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const first = await readAnswer(await send(`${servers[0]?.url}/token`, await redemption()));
      const [responses, revoked] = await Promise.all([
        race(refreshOf(first)),
        send(`${servers[1]?.url}/revoke`, { client_id: 'app', token: first.refresh_token }),
      ]);
      expect(revoked.status).toBe(200);
      const answers = await Promise.all(responses.map(readAnswer));
      for (const answer of [first, ...answers.filter(({ error }) => error === undefined)])
        expect((await send(`${servers[0]?.url}/token`, refreshOf(answer))).status).toBe(400);
    }
  });

  test('T098: wrong passwords for one account at both processes share its allowance', async () => {
    const user = await people.addUser('grace');
    const attempts = await Promise.all(
      Array.from({ length: 16 }, async (_, turn) => {
        const url = `${servers[turn % 2]?.url}/login`;
        const page = await fetch(url);
        const cookie = page.headers
          .getSetCookie()
          .map((value) => value.split(';', 1)[0])
          .join('; ');
        const csrf = /name="csrf" value="([^"]*)"/.exec(await page.text())?.[1] ?? '';
        const form = { csrf, login: user.username, password: randomBytes(16).toString('hex') };
        return (await send(url, form, { Cookie: cookie, Origin: 'null' })).status;
      }),
    );
    // Eight at each: an allowance of its own, of ten, would have let them all through.
    expect(attempts).toContain(429);
  });
});
