// F13: a heap of 128 MB under far more connections than it is made for.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestOf } from '../../bench/open_loop/connection.ts';
import { openLoop, quantileOf } from '../../bench/open_loop/open_loop.ts';
import { launcher, processTestMilliseconds, type RunningServer, startServer } from '../running_server.ts';
import { basic } from '../test_provider.ts';
import { bounded, inMilliseconds, tell } from './bounds.ts';
import { askToken, type FaultNode, faultSettings, prepareNode, statusOf } from './fault_node.ts';

const heapMegabytes = 128;
const connections = bounded(1500, 4000);
const seconds = bounded(8, 60);
/** The heap, what lies beside it (SQLite, sockets, the threads that hash), and Node itself. */
const mostResidentMegabytes = 420;

let node: FaultNode;
let server: RunningServer;

beforeAll(async () => {
  node = await prepareNode(0);
  const command = [process.execPath, `--max-old-space-size=${heapMegabytes}`, launcher] as const;
  server = await startServer(node.folder, { ...faultSettings, KEYTURN_LOG_LEVEL: 'error' }, command);
}, processTestMilliseconds);
afterAll(async () => {
  await server.stop();
});

const formHeaders = { 'Content-Type': 'application/x-www-form-urlencoded' };
const residentMegabytes = (): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]) / 1024;

/** As large as a form may be. */
const largeForm = `grant_type=client_credentials&filler=${'x'.repeat(60_000)}`;
const signInForm = 'csrf=none&login=ada&password=a+wrong+password';
const requests = [
  {
    kind: 'token',
    request: requestOf(
      'POST',
      '/token',
      { ...formHeaders, Authorization: basic('svc') },
      'grant_type=client_credentials',
    ),
  },
  {
    kind: 'large form',
    request: requestOf('POST', '/token', { ...formHeaders, Authorization: basic('svc') }, largeForm),
  },
  { kind: 'key set', request: requestOf('GET', '/.well-known/jwks.json', {}) },
  { kind: 'page', request: requestOf('GET', '/login', {}) },
  { kind: 'sign-in', request: requestOf('POST', '/login', { ...formHeaders, Origin: 'null' }, signInForm) },
] as const;

describe(`F13: a heap of ${heapMegabytes} MB`, { timeout: 3 * processTestMilliseconds }, () => {
  test('far more requests than it can answer: it sheds them or lets them wait, and does not run out of memory', async () => {
    let turn = 0;
    const next = () => {
      turn += 1;
      return requests[turn % requests.length] ?? requests[0];
    };
    const report = await openLoop({ port: server.port, perSecond: 4000, seconds, connections, next, tailSeconds: 20 });
    expect(server.child.exitCode).toBeNull();
    expect(server.child.signalCode).toBeNull();
    expect(await statusOf(askToken(server.url))).toBe(200);
    expect(residentMegabytes()).toBeLessThan(mostResidentMegabytes);
    const answered = new Map<number, number>();
    for (const counts of report.statuses.values())
      for (const [status, count] of counts) answered.set(status, (answered.get(status) ?? 0) + count);
    const told = [...answered].map(([status, count]) => `${status === 0 ? 'given up' : status} × ${count}`).join(', ');
    const tokens = report.milliseconds.get('token') ?? [];
    tell(
      'F13',
      `${connections} connections at 4000 requests a second for ${seconds} s on a heap of ${heapMegabytes} MB`,
      `lives, ${residentMegabytes().toFixed(0)} MB at most; ${told}; tokens p50 ${inMilliseconds(quantileOf(tokens, 0.5))}`,
    );
  });
});
