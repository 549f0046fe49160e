// F17: the key-encryption key is missing or another one. Starts that are refused in every way: start_up.test.ts.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { processTestMilliseconds, type RunningServer, ringPathIn, runCli, startServer } from '../running_server.ts';
import { makeKekRing } from '../test_provider.ts';
import { bounded, tell } from './bounds.ts';
import { askToken, type FaultNode, faultSettings, prepareNode, statusOf } from './fault_node.ts';

const snapshotSeconds = 2;
const settings = { ...faultSettings, KEYTURN_SNAPSHOT_SECONDS: `${snapshotSeconds}` };
let node: FaultNode;
let server: RunningServer;

beforeAll(async () => {
  node = await prepareNode(0);
  server = await startServer(node.folder, settings);
}, processTestMilliseconds);
afterAll(async () => {
  await server.stop();
});

test('F17: a start without the ring, or with another, is refused; a running node goes on with what it opened', {
  timeout: processTestMilliseconds,
}, async () => {
  const ring = readFileSync(ringPathIn(node.folder));
  let signed = 0;
  for (const spoil of [
    () => rmSync(ringPathIn(node.folder)),
    () => writeFileSync(ringPathIn(node.folder), makeKekRing('another'), { mode: 0o600 }),
  ]) {
    spoil();
    const { code, stderr } = await runCli(['serve'], node.folder, settings);
    expect(code).toBe(1);
    expect(stderr).toMatch(/is missing|not in the ring/);
    const ends = performance.now() + bounded(2, 5) * snapshotSeconds * 1000;
    while (performance.now() < ends) {
      expect(await statusOf(askToken(server.url))).toBe(200);
      signed += 1;
      await wait(100);
    }
  }
  expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
  writeFileSync(ringPathIn(node.folder), ring, { mode: 0o600 });
  const again = await startServer(node.folder, settings);
  expect(await statusOf(askToken(again.url))).toBe(200);
  await again.stop();
  tell(
    'F17',
    'the ring removed, then another put in its place, under a running node',
    `starts refused; ${signed} tokens signed past P with the keys it had opened`,
  );
});
