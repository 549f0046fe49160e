// F16: pages of the database are overwritten, the write-ahead log is cut.

import { randomBytes, randomInt } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  databasePathIn,
  makeFolder,
  processTestMilliseconds,
  ringPathIn,
  runCli,
  startServer,
} from '../running_server.ts';
import { bounded, tell } from './bounds.ts';
import {
  askRefresh,
  type FaultNode,
  faultSettings,
  prepareNode,
  type Rotation,
  refreshOn,
  statusOf,
} from './fault_node.ts';

const damages = bounded(6, 40);
const cuts = bounded(4, 30);
const pageBytes = 4096;
let node: FaultNode;

const newFolder = (): string => {
  const folder = makeFolder();
  copyFileSync(ringPathIn(node.folder), ringPathIn(folder));
  return folder;
};

beforeAll(async () => {
  node = await prepareNode(4);
}, processTestMilliseconds);
describe('F16: damage', { timeout: 3 * processTestMilliseconds }, () => {
  test('a page that is overwritten: the start is refused and says what to do', async () => {
    const pages = statSync(node.databasePath).size / pageBytes;
    const hit = new Set<number>();
    while (hit.size < Math.min(damages, pages)) hit.add(randomInt(pages));
    for (const page of hit) {
      const folder = newFolder();
      copyFileSync(node.databasePath, databasePathIn(folder));
      const file = openSync(databasePathIn(folder), 'r+');
      writeSync(file, randomBytes(pageBytes), 0, pageBytes, page * pageBytes);
      closeSync(file);
      const before = readFileSync(databasePathIn(folder));
      const { code, stdout, stderr } = await runCli(['serve'], folder, faultSettings);
      expect([page, code]).toEqual([page, 1]);
      expect(stdout).not.toContain('listening');
      expect(stderr).toMatch(/damaged|not an SQLite database/);
      expect(readFileSync(databasePathIn(folder)).equals(before)).toBe(true);
    }
    tell(
      'F16',
      `${hit.size} of ${pages} pages overwritten, one at a time`,
      'each start refused with exit code 1, the file as it was',
    );
  });

  test('a log that is cut anywhere: the start goes on from a committed moment', async () => {
    const server = await startServer(node.folder, { ...faultSettings, KEYTURN_LOG_LEVEL: 'error' });
    const rotated: Rotation[] = [];
    const [first = ''] = node.refreshTokens;
    await refreshOn(server.url, first, () => rotated.length < 40, rotated);
    await server.kill();
    const log = readFileSync(`${node.databasePath}-wal`);
    const line = [first, ...rotated.map(({ to }) => to)];
    const reached: number[] = [];
    for (let cut = 0; cut < cuts; cut += 1) {
      const folder = newFolder();
      copyFileSync(node.databasePath, databasePathIn(folder));
      writeFileSync(`${databasePathIn(folder)}-wal`, log);
      if (cut % 2 === 0) truncateSync(`${databasePathIn(folder)}-wal`, randomInt(log.length));
      else {
        const file = openSync(`${databasePathIn(folder)}-wal`, 'r+');
        writeSync(file, randomBytes(64), 0, 64, randomInt(log.length - 64));
        closeSync(file);
      }
      const again = await startServer(folder, { ...faultSettings, KEYTURN_LOG_LEVEL: 'error' });
      const database = new Database(databasePathIn(folder), { readonly: true });
      expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
      const spent = Number(
        database.prepare('SELECT count(*) FROM refresh_token WHERE used_at IS NOT NULL').pluck().get(),
      );
      expect(
        database
          .prepare('SELECT family_id FROM refresh_token GROUP BY family_id HAVING sum(used_at IS NULL) <> 1')
          .all(),
      ).toEqual([]);
      database.close();
      // The token that this moment gave last is good, whichever moment it is.
      expect(await statusOf(askRefresh(again.url, line[spent] ?? ''))).toBe(200);
      reached.push(spent);
      await again.kill();
    }
    tell(
      'F16',
      `the log cut or overwritten at ${cuts} random places`,
      `started each time from a moment between 0 and ${rotated.length} refreshes (${reached.toSorted((a, b) => a - b).join(', ')}), whole`,
    );
  });
});
