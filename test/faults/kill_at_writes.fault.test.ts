// F1: SIGKILL at the Nth write or fsync of a running server while it signs somebody in, redeems a code, refreshes or revokes.
// Commands that turn keys: kill_at_syscalls.soak.test.ts; at random: people_kill.soak.test.ts.
import { beforeAll, describe, expect, test } from 'vitest';
import { authorizePath, codeVerifier, issuer, password, redirectUri } from '../people.ts';
import { processTestMilliseconds, type RunningServer, startServer } from '../running_server.ts';
import { readAnswer } from '../token_requests.ts';
import { bounded, inMilliseconds, tell } from './bounds.ts';
import { askRefresh, type FaultNode, faultSettings, prepareNode, scope } from './fault_node.ts';
import { canInject, inject } from './injected_call.ts';
import { emptyLedger, expectKept, type Ledger } from './people_ledger.ts';
import { send } from './people_node.ts';

const stride = bounded(6, 1);
const mostCalls = 200;
/** Of a restart; the aim is 2 s on a machine that does nothing else. */
const mostStartMilliseconds = 20_000;

let node: FaultNode;
const starts: number[] = [];

beforeAll(async () => {
  node = await prepareNode(1);
}, processTestMilliseconds);

if (!canInject) console.warn('NOT RUN: SIGKILL at system calls needs strace (apt-get install strace).');

const startTimed = async (): Promise<RunningServer> => {
  const started = performance.now();
  const server = await startServer(node.folder, faultSettings);
  starts.push(performance.now() - started);
  return server;
};

/** One act: `prepare` is done before the kill is set up; both may be done again after a restart. */
interface Act {
  readonly name: string;
  prepare(url: string): Promise<string>;
  /** @throws when no answer came. @returns the status, having noted what was answered. */
  act(url: string, on: string, ledger: Ledger): Promise<number>;
  /** What a second try may be answered with, when the first was done though nobody was told. */
  readonly again: readonly number[];
}

const codeOf = async (url: string): Promise<string> => {
  const headers = { Cookie: node.cookies };
  const response = await fetch(url + authorizePath({ scope }), { redirect: 'manual', headers });
  await response.arrayBuffer();
  const code = new URL(response.headers.get('Location') ?? '', issuer).searchParams.get('code');
  if (code === null) throw new Error(`no code: ${response.status} ${response.headers.get('Location')}`);
  return code;
};

const redeemAt = (url: string, code: string): Promise<Response> => {
  const form = { grant_type: 'authorization_code', client_id: 'app', code, redirect_uri: redirectUri };
  return send(`${url}/token`, { ...form, code_verifier: codeVerifier });
};

const newFamily = async (url: string): Promise<string> =>
  (await readAnswer(await redeemAt(url, await codeOf(url)))).refresh_token;

const cookieOf = (response: Response): string => response.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';

const acts: readonly Act[] = [
  {
    name: 'signing in',
    prepare: async (url) => {
      const page = await fetch(`${url}/login`);
      const csrf = /name="csrf" value="([^"]*)"/.exec(await page.text())?.[1] ?? '';
      return `${cookieOf(page)} ${csrf}`;
    },
    act: async (url, on, { signedIn }) => {
      const [cookie = '', csrf = ''] = on.split(' ');
      const address = `198.18.${signedIn.length}.${starts.length % 250}`;
      const headers = { Cookie: cookie, Origin: 'null', 'X-Forwarded-For': address };
      const response = await send(`${url}/login`, { csrf, login: 'ada', password }, headers);
      await response.arrayBuffer();
      if (response.status === 303) signedIn.push(cookieOf(response).split('=')[1] ?? '');
      return response.status;
    },
    // Each that was cut off took from the account's allowance.
    again: [303, 429],
  },
  {
    name: 'redeeming a code',
    prepare: codeOf,
    act: async (url, code, { redeemed }) => {
      const response = await redeemAt(url, code);
      const { refresh_token: refreshToken } = await readAnswer(response);
      if (response.status === 200) redeemed.push({ code, refreshToken });
      return response.status;
    },
    again: [200, 400],
  },
  {
    name: 'refreshing',
    prepare: newFamily,
    act: async (url, from, { rotated }) => {
      const response = await askRefresh(url, from);
      const { refresh_token: to } = await readAnswer(response);
      if (response.status === 200) rotated.push({ from, to });
      return response.status;
    },
    again: [200],
  },
  {
    name: 'revoking',
    prepare: newFamily,
    act: async (url, token, { revoked }) => {
      const response = await send(`${url}/revoke`, { client_id: 'app', token });
      await response.arrayBuffer();
      if (response.status === 200) revoked.push(token);
      return response.status;
    },
    again: [200],
  },
];

/** @returns whether the server was killed in the act, and the one that runs now. */
const killAt = async (
  { name, prepare, act, again }: Act,
  nth: number,
  running: RunningServer,
): Promise<{ readonly killed: boolean; readonly server: RunningServer }> => {
  const ledger = emptyLedger();
  const on = await prepare(running.url);
  const tracer = await inject(running.pid, 'pwrite64,fdatasync,fsync', `signal=KILL:when=${nth}`);
  const answered = await act(running.url, on, ledger).catch(() => undefined);
  const killed = answered === undefined;
  // Where there was an answer, housekeeping may still be killed at what it writes.
  await running.kill();
  await tracer.lift();
  expectKept(node.databasePath, ledger);
  const server = await startTimed();
  const answer = answered ?? (await act(server.url, on, ledger));
  expect([name, again]).toEqual([name, expect.arrayContaining([answer])]);
  expectKept(node.databasePath, ledger);
  return { killed, server };
};

describe.runIf(canInject)('F1: SIGKILL at the Nth write or fsync', { timeout: 8 * processTestMilliseconds }, () => {
  test.each(acts)('$name', async (act) => {
    let kills = 0;
    let server = await startTimed();
    for (let nth = 1; nth < mostCalls; nth += stride) {
      const after = await killAt(act, nth, server);
      server = after.server;
      if (!after.killed) break;
      kills += 1;
    }
    await server.kill();
    expect(kills).toBeGreaterThan(0);
    expect(Math.max(...starts)).toBeLessThan(mostStartMilliseconds);
    tell(
      'F1',
      `killed ${kills} times, at every ${stride === 1 ? '' : `${stride}th `}write and fsync of ${act.name}`,
      `all that was answered kept, nothing by halves or twice; answered again ${inMilliseconds(Math.min(...starts))} to ${inMilliseconds(Math.max(...starts))} after a start`,
    );
  });
});
