// F3: fsync answers EIO.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { processTestMilliseconds, startServer } from '../running_server.ts';
import { bounded, tell } from './bounds.ts';
import {
  askRefresh,
  countBy,
  type FaultNode,
  faultSettings,
  prepareNode,
  type Rotation,
  refreshOn,
  statusOf,
} from './fault_node.ts';
import { canInject, inject } from './injected_call.ts';
import { emptyLedger, expectKept } from './people_ledger.ts';

const rounds = bounded(2, 10);
const families = 8;
let node: FaultNode;

if (!canInject) console.warn('NOT RUN: an fsync that fails needs strace (apt-get install strace).');

/** Refreshes until the server is gone. @returns what was answered after the fault, and how the server ended. */
const failUnderLoad = async (calls: string, path: string | undefined) => {
  const server = await startServer(node.folder, faultSettings);
  const rotated: Rotation[] = [];
  let goesOn = true;
  const lives = node.refreshTokens.map((token) => refreshOn(server.url, token, () => goesOn, rotated));
  const tracer = await inject(server.pid, calls, 'error=EIO:when=1', path);
  const ended = await server.ended;
  goesOn = false;
  await tracer.lift();
  const answers = await Promise.all(lives);
  // From the fault on nobody is told that anything was done.
  for (const answered of answers) {
    const failedAt = answered.findIndex((status) => status !== 200);
    expect(answered.slice(failedAt === -1 ? answered.length : failedAt)).not.toContain(200);
  }
  const statuses = answers.flat();
  expectKept(node.databasePath, { ...emptyLedger(), rotated });
  for (const [family, token] of node.refreshTokens.entries())
    node.refreshTokens[family] = rotated.reduce((at, { from, to }) => (from === at ? to : at), token);
  return { ended, statuses, log: server.stdout(), rotated: rotated.length };
};

describe.runIf(canInject)('F3: an fsync that fails once', { timeout: processTestMilliseconds }, () => {
  test('no commit is acknowledged from then on, the process ends with 74 and the next start goes on', async () => {
    node = await prepareNode(families);
    const answered: number[] = [];
    let kept = 0;
    for (let round = 0; round < rounds; round += 1) {
      const { ended, statuses, log, rotated } = await failUnderLoad('fdatasync,fsync', undefined);
      expect(ended).toEqual({ code: 74, signal: null });
      // Of the log's sync, which is Keyturn's own, or of one that SQLite made.
      expect(log).toMatch(/\bEIO\b|SQLITE_IOERR_FSYNC/);
      answered.push(...statuses);
      kept += rotated;
    }
    const server = await startServer(node.folder, faultSettings);
    for (const token of node.refreshTokens) expect(await statusOf(askRefresh(server.url, token))).toBe(200);
    await server.stop();
    tell(
      'F3',
      `EIO once for an fsync of ${rounds} processes under ${families} refreshing families`,
      `exit 74 each; ${countBy(answered)}; all ${kept} acknowledged kept`,
    );
    expect(readFileSync(node.databasePath).length).toBeGreaterThan(0);
  });

  test('nor when it is the checkpoint that could not be synced', async () => {
    node = await prepareNode(families);
    const { ended, statuses, log, rotated } = await failUnderLoad('fdatasync,fsync', node.databasePath);
    expect(ended).toEqual({ code: 74, signal: null });
    expect(log).toContain('SQLITE_IOERR_FSYNC');
    tell('F3', 'EIO for the fsync of a checkpoint', `exit 74; ${countBy(statuses)}; all ${rotated} acknowledged kept`);
  });
});
