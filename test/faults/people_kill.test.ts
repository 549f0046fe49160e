// SIGKILL while people sign in and applications redeem, refresh and revoke: whatever was answered as done is in the
// database afterwards, nothing is done by halves, and nothing is spent twice.
//
// KILLS says how often the server is killed: 4 unless told; `npm run soak` does 200 (4 to 9 minutes).
import { randomInt } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authorizePath, codeVerifier, issuer, type People, password, redirectUri } from '../people.ts';
import {
  databasePathIn,
  makeFolder,
  processTestMilliseconds,
  type RunningServer,
  removeFolder,
  startServer,
  until,
} from '../running_server.ts';
import { readAnswer } from '../token_requests.ts';
import { addLedger, countOf, emptyLedger, expectKept, type Ledger } from './people_ledger.ts';
import { openPeopleIn, send } from './people_node.ts';

const kills = Number(process.env.KILLS ?? '4');
const persons = 6;
const scope = 'openid profile offline_access';
/** The server is killed so many successes after it started, so that a slow machine is no gentler, and a moment later. */
const killAfterSuccesses = [1, 60] as const;
const momentMilliseconds = 20;
const millisecondsPerKill = 15_000;
const folder = makeFolder();
const databasePath = databasePathIn(folder);
let people: People;

const environment = {
  KEYTURN_ISSUER: issuer,
  KEYTURN_TRUSTED_PROXIES: '1',
  // A start on a busy machine may take longer than the usual window.
  KEYTURN_REFRESH_RETRY_SECONDS: '300',
};

beforeAll(async () => {
  people = await openPeopleIn(folder);
  for (let person = 0; person < persons; person += 1) {
    await people.addUser(`person-${person}`);
    // Their consent is remembered.
    await people.openBrowser().walk(authorizePath({ scope }), `person-${person}`);
  }
  await people.store.close();
}, processTestMilliseconds);

afterAll(() => removeFolder(folder));

/** What a person and their application hold, from one server to the next. */
interface Holding {
  readonly username: string;
  cookies: string;
  signedIn: boolean;
  code: string | undefined;
  refreshToken: string | undefined;
  /** Sent, and not answered: it may have been done or not. */
  unanswered: 'redeem' | 'refresh' | 'revoke' | undefined;
}

/** The server is gone. */
class LostError extends Error {}

/** An answer, whole. @throws {LostError} */
const whole = async (sent: Promise<Response>): Promise<Response> => {
  try {
    const response = await sent;
    const body = await response.arrayBuffer();
    return new Response(response.status === 200 ? body : null, { status: response.status, headers: response.headers });
  } catch (error) {
    throw new LostError('no whole answer came', { cause: error });
  }
};

const cookiesOf = (response: Response): string =>
  response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .join('; ');

const expectStatus = (what: string, { status }: Response, ...expected: readonly number[]): void =>
  expect([what, expected.includes(status) ? 'as expected' : status]).toEqual([what, 'as expected']);

const address = (): string => `198.18.${randomInt(256)}.${randomInt(1, 255)}`;

const signIn = async (url: string, holding: Holding, { signedIn }: Ledger): Promise<void> => {
  const page = await whole(fetch(`${url}/login`));
  const browser = cookiesOf(page);
  const csrf = /name="csrf" value="([^"]*)"/.exec(await page.text())?.[1] ?? '';
  const form = { csrf, login: holding.username, password };
  const headers = { Cookie: browser, Origin: 'null', 'X-Forwarded-For': address() };
  const response = await whole(send(`${url}/login`, form, headers));
  // Each sign-in that was cut off took from the account's allowance, and from the queue for password hashing.
  if (response.status === 429 || response.status === 503) return;
  expectStatus('signing in', response, 303);
  const session = cookiesOf(response);
  expect(session).toContain('keyturn_session=');
  signedIn.push(session.split('=')[1] ?? '');
  Object.assign(holding, { cookies: `${browser}; ${session}`, signedIn: true });
};

const obtainCode = async (url: string, holding: Holding, { codes }: Ledger): Promise<void> => {
  const request = fetch(url + authorizePath({ scope }), { redirect: 'manual', headers: { Cookie: holding.cookies } });
  const response = await whole(request);
  expectStatus('asking for a code', response, 303);
  const location = new URL(response.headers.get('Location') ?? '', issuer);
  expect(location.href).toMatch(/[?&]code=/);
  const code = location.searchParams.get('code') ?? '';
  holding.code = code;
  codes.push(code);
};

const redeem = async (url: string, holding: Holding, { redeemed }: Ledger): Promise<void> => {
  const code = holding.code ?? '';
  const again = holding.unanswered === 'redeem';
  holding.unanswered = 'redeem';
  const form = { grant_type: 'authorization_code', client_id: 'app', code, redirect_uri: redirectUri };
  const response = await whole(send(`${url}/token`, { ...form, code_verifier: codeVerifier }));
  // One that was done though nobody was told is a second use now, and starts nothing.
  expectStatus('redeeming', response, 200, ...(again ? [400] : []));
  Object.assign(holding, { unanswered: undefined, code: undefined });
  if (response.status !== 200) return;
  const { refresh_token: refreshToken } = await readAnswer(response);
  holding.refreshToken = refreshToken;
  redeemed.push({ code, refreshToken });
};

const refresh = async (url: string, holding: Holding, { rotated }: Ledger): Promise<void> => {
  const from = holding.refreshToken ?? '';
  holding.unanswered = 'refresh';
  const form = { grant_type: 'refresh_token', client_id: 'app', refresh_token: from };
  const response = await whole(send(`${url}/token`, form));
  expectStatus('refreshing', response, 200);
  const { refresh_token: to } = await readAnswer(response);
  Object.assign(holding, { unanswered: undefined, refreshToken: to });
  rotated.push({ from, to });
};

const revoke = async (url: string, holding: Holding, { revoked }: Ledger): Promise<void> => {
  const token = holding.refreshToken ?? '';
  holding.unanswered = 'revoke';
  const response = await whole(send(`${url}/revoke`, { client_id: 'app', token }));
  expectStatus('revoking', response, 200);
  Object.assign(holding, { unanswered: undefined, refreshToken: undefined });
  revoked.push(token);
};

const steps = { redeem, refresh, revoke } as const;

const nextStep = ({ signedIn, unanswered, code, refreshToken }: Holding) => {
  if (unanswered !== undefined) return steps[unanswered];
  if (!signedIn || randomInt(5) === 0) return signIn;
  if (code !== undefined) return redeem;
  if (refreshToken === undefined) return obtainCode;
  return randomInt(4) === 0 ? revoke : refresh;
};

/** One thing after another, until the server is gone. */
const live = async (url: string, holding: Holding, ledger: Ledger): Promise<void> => {
  try {
    for (;;) await nextStep(holding)(url, holding, ledger);
  } catch (error) {
    if (!(error instanceof LostError)) throw error;
    // A code lives a minute, and a machine may be slow to start the next server.
    if (holding.unanswered === undefined) holding.code = undefined;
  }
};

const killOnce = async (holdings: readonly Holding[]): Promise<Ledger> => {
  const ledger = emptyLedger();
  const server: RunningServer = await startServer(folder, environment);
  const lives = Promise.all(holdings.map((holding) => live(server.url, holding, ledger)));
  const successes = randomInt(...killAfterSuccesses);
  const enough = until('enough was done', () => (countOf(ledger) >= successes ? true : undefined));
  // A life ends before the server does when something was answered that should not have been.
  await Promise.race([enough, lives]);
  await wait(randomInt(momentMilliseconds));
  await server.kill();
  await lives;
  expectKept(databasePath, ledger);
  return ledger;
};

describe('SIGKILL at any moment', () => {
  test(`T082: after each of ${kills} kills all that was answered is kept, and nothing is spent twice`, {
    timeout: processTestMilliseconds + kills * millisecondsPerKill,
  }, async () => {
    const holdings = Array.from({ length: persons }, (_, person): Holding => {
      const nothing = { code: undefined, refreshToken: undefined, unanswered: undefined };
      return { username: `person-${person}`, cookies: '', signedIn: false, ...nothing };
    });
    const sum = { signedIn: 0, codes: 0, redeemed: 0, rotated: 0, revoked: 0 };
    for (let kill = 0; kill < kills; kill += 1) addLedger(sum, await killOnce(holdings));
    for (const [kind, count] of Object.entries(sum)) expect([kind, count > 0]).toEqual([kind, true]);
    if (kills > 20) console.info(`${kills} kills; answered before them:`, sum);
  });
});
