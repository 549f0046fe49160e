// F14: SIGTERM at random under load. What a drain is made of: drain.fault.test.ts.
import { randomInt } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Answer, openConnection, requestOf } from '../../bench/open_loop/connection.ts';
import { processTestMilliseconds, startServer } from '../running_server.ts';
import { basic } from '../test_provider.ts';
import { bounded, inMilliseconds, tell } from './bounds.ts';
import { type FaultNode, faultSettings, prepareNode } from './fault_node.ts';
import { emptyLedger, expectKept } from './people_ledger.ts';

const rounds = bounded(4, 30);
const clients = 32;
let node: FaultNode;

beforeAll(async () => {
  node = await prepareNode(clients);
}, processTestMilliseconds);

const formHeaders = { 'Content-Type': 'application/x-www-form-urlencoded' };
const form = (fields: Readonly<Record<string, string>>): string => new URLSearchParams(fields).toString();
const tokenRequest = requestOf(
  'POST',
  '/token',
  { ...formHeaders, Authorization: basic('svc') },
  form({ grant_type: 'client_credentials' }),
);

interface Lived {
  readonly rotated: { readonly from: string; readonly to: string }[];
  readonly answers: Answer[];
  last: string;
}

/** Refreshes and asks for tokens in turn on one connection, until an answer does not come. */
const live = async (port: number, lived: Lived): Promise<void> => {
  const connection = openConnection(port);
  for (;;) {
    const fields = { grant_type: 'refresh_token', client_id: 'app', refresh_token: lived.last };
    for (const request of [requestOf('POST', '/token', formHeaders, form(fields)), tokenRequest]) {
      const answer = await connection.ask(request);
      lived.answers.push(answer);
      if (answer.status === 0) return connection.close();
      if (request === tokenRequest || answer.status !== 200) continue;
      const { refresh_token: to } = JSON.parse(answer.body) as { refresh_token: string };
      lived.rotated.push({ from: lived.last, to });
      lived.last = to;
    }
  }
};

describe('F14: SIGTERM under load', { timeout: 3 * processTestMilliseconds }, () => {
  test('every answer that was begun is whole, nothing is a failure, nothing that was done goes untold, exit 0', async () => {
    const lives = node.refreshTokens.map((last): Lived => ({ rotated: [], answers: [], last }));
    const ends: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const server = await startServer(node.folder, faultSettings);
      const living = lives.map((lived) => live(server.port, lived));
      await wait(randomInt(100, 1500));
      const started = performance.now();
      expect(await server.stop()).toEqual({ code: 0, signal: null });
      ends.push(performance.now() - started);
      await Promise.all(living);
      expect(server.stderr()).toBe('');
      // By its own log, every request it took was answered whole.
      expect(server.stdout()).not.toContain('"aborted":true');
      const done = server.stdout().match(/"path":"\/token","status":200/g)?.length ?? 0;
      const told = lives.flatMap(({ answers }) => answers).filter(({ status }) => status === 200).length;
      expect(done).toBe(told);
      const others = lives
        .flatMap(({ answers }) => answers.splice(0))
        .filter(({ status }) => status !== 200 && status !== 0);
      expect(others).toEqual([]);
    }
    const rotated = lives.flatMap((lived) => lived.rotated);
    expectKept(node.databasePath, { ...emptyLedger(), rotated });
    tell(
      'F14',
      `SIGTERM ${rounds} times with ${clients} clients at work`,
      `no broken or failed answer, ${rotated.length} refreshes all kept, ended within ${inMilliseconds(Math.max(...ends))}`,
    );
  });
});
