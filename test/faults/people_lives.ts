// The lives of people and their applications at one or more nodes: signing in, redeeming, refreshing, revoking, in any order,
// each writing into a ledger what was answered as done.
import { randomInt } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { authorizePath, codeVerifier, issuer, type People, password, redirectUri } from '../people.ts';
import { readAnswer } from '../token_requests.ts';
import type { Ledger } from './people_ledger.ts';
import { send } from './people_node.ts';

const scope = 'openid profile offline_access';

export interface Node {
  readonly url: string;
  /** It may answer 503: what was asked was done, or it was not. */
  readonly mayBeUnavailable?: boolean;
}

/** What a person and their application hold, from one server to the next. */
export interface Holding {
  readonly username: string;
  cookies: string;
  signedIn: boolean;
  code: string | undefined;
  refreshToken: string | undefined;
  /** Sent, and not answered: it may have been done or not. */
  unanswered: 'redeem' | 'refresh' | 'revoke' | undefined;
}

/** Whoever asked does not know what was done: the server is gone, or its database is. */
class LostError extends Error {}

const received = async (sent: Promise<Response>): Promise<Response> => {
  try {
    const response = await sent;
    const body = await response.arrayBuffer();
    return new Response(response.status === 200 ? body : null, { status: response.status, headers: response.headers });
  } catch (error) {
    throw new LostError('no whole answer came', { cause: error });
  }
};

/** An answer, whole. @throws {LostError} */
const whole = async ({ mayBeUnavailable = false }: Node, sent: Promise<Response>): Promise<Response> => {
  const response = await received(sent);
  if (mayBeUnavailable && response.status === 503) throw new LostError('the database is away');
  return response;
};

const cookiesOf = (response: Response): string =>
  response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .join('; ');

const expectStatus = (what: string, { status }: Response, ...expected: readonly number[]): void =>
  expect([what, expected.includes(status) ? 'as expected' : status]).toEqual([what, 'as expected']);

const address = (): string => `198.18.${randomInt(256)}.${randomInt(1, 255)}`;

const signIn = async (node: Node, holding: Holding, { signedIn }: Ledger): Promise<void> => {
  const page = await whole(node, fetch(`${node.url}/login`));
  const browser = cookiesOf(page);
  const csrf = /name="csrf" value="([^"]*)"/.exec(await page.text())?.[1] ?? '';
  const form = { csrf, login: holding.username, password };
  const headers = { Cookie: browser, Origin: 'null', 'X-Forwarded-For': address() };
  const response = await whole(node, send(`${node.url}/login`, form, headers));
  // Each sign-in that was cut off took from the account's allowance, and from the queue for password hashing.
  if (response.status === 429 || response.status === 503) return;
  expectStatus('signing in', response, 303);
  const session = cookiesOf(response);
  expect(session).toContain('keyturn_session=');
  signedIn.push(session.split('=')[1] ?? '');
  Object.assign(holding, { cookies: `${browser}; ${session}`, signedIn: true });
};

const obtainCode = async (node: Node, holding: Holding, { codes }: Ledger): Promise<void> => {
  const request = fetch(node.url + authorizePath({ scope }), {
    redirect: 'manual',
    headers: { Cookie: holding.cookies },
  });
  const response = await whole(node, request);
  expectStatus('asking for a code', response, 303);
  const location = new URL(response.headers.get('Location') ?? '', issuer);
  expect(location.href).toMatch(/[?&]code=/);
  const code = location.searchParams.get('code') ?? '';
  holding.code = code;
  codes.push(code);
};

const redeem = async (node: Node, holding: Holding, { redeemed }: Ledger): Promise<void> => {
  const code = holding.code ?? '';
  const again = holding.unanswered === 'redeem';
  holding.unanswered = 'redeem';
  const form = { grant_type: 'authorization_code', client_id: 'app', code, redirect_uri: redirectUri };
  const response = await whole(node, send(`${node.url}/token`, { ...form, code_verifier: codeVerifier }));
  // One that was done though nobody was told is a second use now, and starts nothing.
  expectStatus('redeeming', response, 200, ...(again ? [400] : []));
  Object.assign(holding, { unanswered: undefined, code: undefined });
  if (response.status !== 200) return;
  const { refresh_token: refreshToken } = await readAnswer(response);
  holding.refreshToken = refreshToken;
  redeemed.push({ code, refreshToken });
};

const refresh = async (node: Node, holding: Holding, { rotated }: Ledger): Promise<void> => {
  const from = holding.refreshToken ?? '';
  holding.unanswered = 'refresh';
  const form = { grant_type: 'refresh_token', client_id: 'app', refresh_token: from };
  const response = await whole(node, send(`${node.url}/token`, form));
  expectStatus('refreshing', response, 200);
  const { refresh_token: to } = await readAnswer(response);
  Object.assign(holding, { unanswered: undefined, refreshToken: to });
  rotated.push({ from, to });
};

const revoke = async (node: Node, holding: Holding, { revoked }: Ledger): Promise<void> => {
  const token = holding.refreshToken ?? '';
  holding.unanswered = 'revoke';
  const response = await whole(node, send(`${node.url}/revoke`, { client_id: 'app', token }));
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

/** For what must be kept again where whoever asked does not know what was done. */
const forget = (holding: Holding): void => {
  // A code lives a minute, and a machine may be slow to start the next server.
  if (holding.unanswered === undefined) holding.code = undefined;
};

/** One thing after another, until the server is gone. */
export const live = async (node: Node, holding: Holding, ledger: Ledger): Promise<void> => {
  try {
    for (;;) await nextStep(holding)(node, holding, ledger);
  } catch (error) {
    if (!(error instanceof LostError)) throw error;
    forget(holding);
  }
};

const pauseMilliseconds = 30;

/** One thing after another at whichever node is next, whatever is lost in between. @returns how much was. */
export const liveOn = async (
  nodes: readonly Node[],
  holding: Holding,
  ledger: Ledger,
  goesOn: () => boolean,
): Promise<number> => {
  let lost = 0;
  for (let turn = 0; goesOn(); turn += 1) {
    const node = nodes[turn % nodes.length];
    if (node === undefined) throw new TypeError('there is no node');
    try {
      await nextStep(holding)(node, holding, ledger);
    } catch (error) {
      if (!(error instanceof LostError)) throw error;
      forget(holding);
      lost += 1;
      await wait(pauseMilliseconds);
    }
  }
  return lost;
};

/** People who have consented to the client `app`. @returns what they hold: nothing. */
export const addPersons = async (people: People, count: number): Promise<readonly Holding[]> => {
  const holdings: Holding[] = [];
  for (let person = 0; person < count; person += 1) {
    const username = `person-${person}`;
    await people.addUser(username);
    // Their consent is remembered.
    await people.openBrowser().walk(authorizePath({ scope }), username);
    const nothing = { code: undefined, refreshToken: undefined, unanswered: undefined };
    holdings.push({ username, cookies: '', signedIn: false, ...nothing });
  }
  return holdings;
};
