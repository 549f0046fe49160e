// The races of people: done by several processes at once on one database, a code gives tokens once, and a refresh token
// has one successor.
import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isSoak } from '../every_day.ts';
import { type Browser, codeVerifier, obtainCode, type People, redirectUri } from '../people.ts';
import { processTestMilliseconds, type RunningServer } from '../running_server.ts';
import { readAnswer, type TokenAnswer } from '../token_requests.ts';
import { send } from './people_node.ts';

const atOnce = 50;
/** A second goes on with what the first left. */
const rounds = isSoak ? 4 : 2;

export interface RacingNodes {
  /** On the database of the servers. */
  readonly people: People;
  readonly servers: readonly RunningServer[];
  /** How many refresh tokens of a family were not spent. */
  liveChildren(familyId: string): Promise<unknown>;
  close(): Promise<void>;
}

/** @param name - of the nodes, as `two processes`. */
export const describePeopleRaces = (name: string, open: () => Promise<RacingNodes>): void => {
  let nodes: RacingNodes;
  let people: People;
  let browser: Browser;
  let servers: readonly RunningServer[];
  beforeAll(async () => {
    nodes = await open();
    ({ people, servers } = nodes);
    browser = people.openBrowser();
    await obtainCode(browser, { scope: 'openid offline_access' });
  }, processTestMilliseconds);
  afterAll(() => nodes.close());
  const liveChildren = (familyId: string): Promise<unknown> => nodes.liveChildren(familyId);

  /** A machine that is busy with other tests may not serve a crowd in time: who is told so comes again, as told. */
  const ask = async (url: string, form: Readonly<Record<string, string>>): Promise<Response> => {
    for (;;) {
      const response = await send(url, form);
      if (response.status !== 503) return response;
      await wait(Number(response.headers.get('Retry-After')) * 1000);
    }
  };

  /** Sends a token request as often as `atOnce` says, by turns to either process. */
  const race = (form: Readonly<Record<string, string>>): Promise<readonly Response[]> =>
    Promise.all(Array.from({ length: atOnce }, (_, turn) => ask(`${servers[turn % servers.length]?.url}/token`, form)));

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

  const statusesOf = (responses: readonly Response[]): readonly number[] =>
    responses.map(({ status }) => status).toSorted((left, right) => left - right);

  describe(`${name}, 50 requests at once`, { timeout: processTestMilliseconds }, () => {
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
        expect(await liveChildren(familyOf(tokens))).toBe(1);
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
        expect(await liveChildren(familyOf(first))).toBe(1);
      }
      expect((await people.store.findFamily(familyOf(first)))?.endedAt).toBeNull();
    });

    test('T080: refreshes and a revocation at once leave nothing that is good', async () => {
      for (let round = 0; round < rounds; round += 1) {
        const first = await readAnswer(await send(`${servers[0]?.url}/token`, await redemption()));
        const [responses, revoked] = await Promise.all([
          race(refreshOf(first)),
          ask(`${servers[1]?.url}/revoke`, { client_id: 'app', token: first.refresh_token }),
        ]);
        expect(revoked.status).toBe(200);
        const answers = await Promise.all(responses.map(readAnswer));
        for (const answer of [first, ...answers.filter(({ error }) => error === undefined)])
          expect((await send(`${servers[0]?.url}/token`, refreshOf(answer))).status).toBe(400);
      }
    });

    test('T098: wrong passwords for one account at all processes share its allowance', async () => {
      const user = await people.addUser('grace');
      // More at each than a share of the allowance, of ten, and fewer than all of it.
      const each = Math.floor(16 / servers.length);
      const attempts = await Promise.all(
        Array.from({ length: each * servers.length }, async (_, turn) => {
          const url = `${servers[turn % servers.length]?.url}/login`;
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
      // An allowance of its own at each would have let them all through.
      expect(attempts).toContain(429);
    });
  });
};
