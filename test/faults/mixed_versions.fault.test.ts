// F18: the version before and this one, on one database, as in an upgrade of one node after the other.
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issuer } from '../people.ts';
import {
  makeFolder,
  processTestMilliseconds,
  type RunningServer,
  removeFolder,
  startServer,
} from '../running_server.ts';
import { registeredResource, tokenAnswer } from '../test_provider.ts';
import { readAnswer } from '../token_requests.ts';
import { bounded, tell } from './bounds.ts';
import { askRefresh, askToken, type FaultNode, faultSettings, prepareNode } from './fault_node.ts';
import { emptyLedger, expectKept } from './people_ledger.ts';
import { send } from './people_node.ts';

/** The last commit whose refresh tokens tell no family: what runs now where somebody upgrades. */
const versionBefore = '29ab571';
const rounds = bounded(20, 200);
const project = fileURLToPath(new URL('../..', import.meta.url));
const checkout = makeFolder();

/** @returns whether the version before was put into `checkout`. */
const checkOut = (): boolean => {
  const archive = spawnSync('git', ['archive', versionBefore], { cwd: project, maxBuffer: 2 ** 28 });
  if (archive.status !== 0) return false;
  mkdirSync(join(checkout, 'before'));
  const unpacked = spawnSync('tar', ['-x', '-C', join(checkout, 'before')], { input: archive.stdout });
  symlinkSync(join(project, 'node_modules'), join(checkout, 'before', 'node_modules'));
  return unpacked.status === 0;
};

const hasBefore = checkOut();
if (!hasBefore)
  console.warn(
    `NOT RUN: two versions on one database need the commit ${versionBefore}, which this clone has not (git fetch --unshallow).`,
  );
const before = [process.execPath, join(checkout, 'before', 'src', 'launch.js')] as const;

let node: FaultNode;

beforeAll(async () => {
  node = await prepareNode(4);
}, processTestMilliseconds);
afterAll(() => {
  removeFolder(checkout);
});

describe.runIf(hasBefore)(`F18: this version beside ${versionBefore}`, { timeout: 3 * processTestMilliseconds }, () => {
  test('each goes on with what the other wrote, and tokens of both verify at both', async () => {
    const settings = { ...faultSettings, KEYTURN_LOG_LEVEL: 'error' };
    // This version first, which migrates; then the old one starts on what it finds.
    const servers: RunningServer[] = [
      await startServer(node.folder, settings),
      await startServer(node.folder, settings, before),
    ];
    const urlOf = (turn: number): string => servers[turn % servers.length]?.url ?? '';
    const rotated: { from: string; to: string }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const [token = ''] = node.refreshTokens.splice(0, 1);
      // The same answer from the other one, inside the retry window.
      const answers = await Promise.all([0, 1].map((beside) => askRefresh(urlOf(round + beside), token)));
      const [first, second] = await Promise.all(answers.map(readAnswer));
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(second?.refresh_token).toBe(first?.refresh_token);
      rotated.push({ from: token, to: first?.refresh_token ?? '' });
      node.refreshTokens.push(first?.refresh_token ?? '');
      const { access_token: accessToken } = await tokenAnswer(await askToken(urlOf(round)));
      const keys = createRemoteJWKSet(new URL(`${urlOf(round + 1)}/.well-known/jwks.json`));
      await jwtVerify(accessToken, keys, { issuer, audience: registeredResource });
    }
    expectKept(node.databasePath, { ...emptyLedger(), rotated });
    const sets = await Promise.all(
      servers.map(async ({ url }) => (await fetch(`${url}/.well-known/jwks.json`)).text()),
    );
    expect(sets[1]).toBe(sets[0]);
    // What one ends is over at the other.
    const [ended = ''] = node.refreshTokens;
    expect((await send(`${urlOf(0)}/revoke`, { client_id: 'app', token: ended })).status).toBe(200);
    expect((await askRefresh(urlOf(1), ended)).status).toBe(400);
    // The old one stops and starts again on the migrated database, and this version after it.
    for (const [place, command] of [
      [1, before],
      [0, undefined],
    ] as const) {
      expect(await servers[place]?.stop()).toEqual({ code: 0, signal: null });
      servers[place] = await startServer(node.folder, settings, command);
      expect((await askToken(urlOf(place))).status).toBe(200);
    }
    await Promise.all(servers.map((server) => server.stop()));
    tell(
      'F18',
      `this version and ${versionBefore} on one SQLite file, ${2 * rounds} refreshes in turn, ${rounds} tokens, a revocation, restarts of both`,
      'the same answers, one key set, every token verified at the other; the old one starts on the migrated database',
    );
  });
});
