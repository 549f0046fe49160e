// F4: another process holds the database: its write lock, or a read that keeps the write-ahead log from being emptied.
import { statSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processTestMilliseconds, type RunningServer, startServer, until } from '../running_server.ts';
import { bounded, inMilliseconds, tell } from './bounds.ts';
import {
  askRefresh,
  askToken,
  type FaultNode,
  faultSettings,
  prepareNode,
  type Rotation,
  refreshOn,
  statusOf,
} from './fault_node.ts';
import { emptyLedger, expectKept } from './people_ledger.ts';

const lockedSeconds = bounded([1, 5], [1, 10, 60]);
const refreshesBeside = bounded(2400, 12_000);
/** More than a log has that is copied, and what a group adds. */
const mostLogBytes = 3 * 4000 * 4096;
/** Enough that the log is copied and begins anew. */
const refreshesAfter = 1500;
const families = 8;
/** A write waits 2 s at most for the lock; the rest is for a busy machine. */
const mostWaitMilliseconds = 6000;

let node: FaultNode;
let server: RunningServer;
const rotated: Rotation[] = [];

beforeAll(async () => {
  node = await prepareNode(families);
  server = await startServer(node.folder, { ...faultSettings, KEYTURN_LOG_LEVEL: 'error' });
}, processTestMilliseconds);
afterAll(async () => {
  await server.stop();
});

const current = (first: string): string => {
  const next = new Map(rotated.map(({ from, to }) => [from, to]));
  let at = first;
  for (let to = next.get(at); to !== undefined; to = next.get(at)) at = to;
  return at;
};

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly milliseconds: number;
}

/** @param told - gets the body of a success. */
const timed = async (asked: () => Promise<Response>, told?: (body: string) => void): Promise<Answer> => {
  const started = performance.now();
  const response = await asked();
  const body = await response.text();
  if (response.ok) told?.(body);
  return {
    status: response.status,
    retryAfter: response.headers.get('Retry-After'),
    milliseconds: performance.now() - started,
  };
};

const longest = (answers: readonly Answer[]): number => Math.max(...answers.map(({ milliseconds }) => milliseconds));

describe('F4: another process holds the database', { timeout: 4 * processTestMilliseconds }, () => {
  test.each(lockedSeconds)(
    'its write lock for %i s: a bounded wait, 503 and Retry-After, and reads go on',
    async (seconds) => {
      const other = new Database(node.databasePath);
      other.exec('BEGIN IMMEDIATE');
      const writes: Answer[] = [];
      const reads: Answer[] = [];
      const started = performance.now();
      const sent: Promise<unknown>[] = [];
      while (performance.now() - started < seconds * 1000) {
        // One that was spent before would be answered again without a write.
        const from = current(node.refreshTokens[sent.length % families] ?? '');
        const keep = (body: string) => rotated.push({ from, to: JSON.parse(body).refresh_token });
        sent.push(timed(() => askRefresh(server.url, from), keep).then((answer) => writes.push(answer)));
        reads.push(
          await timed(() => fetch(`${server.url}/.well-known/jwks.json`)),
          await timed(() => askToken(server.url)),
        );
        await wait(200);
      }
      other.exec('ROLLBACK');
      other.close();
      await Promise.all(sent);
      expect(new Set(reads.map(({ status }) => status))).toEqual(new Set([200]));
      for (const { status, retryAfter, milliseconds } of writes) {
        expect([200, 503]).toContain(status);
        if (status === 503) expect(retryAfter).toMatch(/^\d+$/);
        expect(milliseconds).toBeLessThan(mostWaitMilliseconds);
      }
      const refused = writes.filter(({ status }) => status === 503).length;
      if (seconds >= 5) expect(refused).toBeGreaterThan(0);
      await until('writes are done again', async () =>
        (await statusOf(askRefresh(server.url, current(node.refreshTokens[0] ?? '')))) === 200 ? true : undefined,
      );
      tell(
        'F4',
        `the write lock held for ${seconds} s`,
        `${refused} of ${writes.length} writes 503, after ${inMilliseconds(longest(writes))} at most; key set and tokens 200, ${inMilliseconds(longest(reads))} at most`,
      );
    },
  );

  /** All families, side by side. */
  const refreshTimes = async (times: number): Promise<void> => {
    const until = rotated.length + times;
    const lives = node.refreshTokens.map((first) =>
      refreshOn(server.url, current(first), () => rotated.length < until, rotated),
    );
    expect(new Set((await Promise.all(lives)).flat())).toEqual(new Set([200]));
  };
  const logBytes = (): number => statSync(`${node.databasePath}-wal`).size;
  const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;

  test('a long read: the log grows with what is written, and no further once the read is over', async () => {
    await refreshTimes(200);
    const reader = new Database(node.databasePath, { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM token_family').get();
    const before = logBytes();
    await refreshTimes(refreshesBeside);
    const grown = logBytes();
    reader.exec('COMMIT');
    reader.close();
    await refreshTimes(refreshesAfter);
    expect(logBytes()).toBeLessThan(mostLogBytes);
    expectKept(node.databasePath, { ...emptyLedger(), rotated: rotated.slice(-200) });
    tell(
      'F4',
      `a read open during ${refreshesBeside} refreshes`,
      `the log went from ${megabytes(before)} to ${megabytes(grown)}, after it to ${megabytes(logBytes())}`,
    );
  });
});
