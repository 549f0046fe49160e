// F10: nodes on one file whose keys come due all at once, half of them stopped again and again in the middle of it.
import { randomInt } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { issuer } from '../people.ts';
import { makeFolder, processTestMilliseconds, type RunningServer, startServer, until } from '../running_server.ts';
import { registeredResource, tokenAnswer } from '../test_provider.ts';
import { bounded, tell } from './bounds.ts';
import { askToken, prepareNode } from './fault_node.ts';
import { readRows } from './key_facts.ts';

const nodeCounts = bounded([4], [2, 4, 8]);
const turnSeconds = bounded(16, 45);

// lead = P + S + max(A, V) + 2E + F = 2 + 0 + 1 + 2 + 1 = 6; grace = P + T + L + 2E = 2 + 4 + 0 + 2 = 8.
const quickTurns = {
  KEYTURN_ISSUER: issuer,
  KEYTURN_ROTATION_PERIOD_SECONDS: '9',
  KEYTURN_SNAPSHOT_SECONDS: '2',
  KEYTURN_SHARED_CACHE_SECONDS: '0',
  KEYTURN_JWKS_MAX_AGE_SECONDS: '1',
  KEYTURN_SLOWEST_VERIFIER_SECONDS: '1',
  KEYTURN_CLOCK_ERROR_SECONDS: '1',
  KEYTURN_FETCH_TIMEOUT_SECONDS: '1',
  KEYTURN_LEEWAY_SECONDS: '0',
  KEYTURN_MAX_TOKEN_SECONDS: '600',
  KEYTURN_LOG_LEVEL: 'error',
};

const keySetOf = async ({ url }: RunningServer): Promise<{ readonly etag: string | null; readonly text: string }> => {
  const response = await fetch(`${url}/.well-known/jwks.json`);
  return { etag: response.headers.get('ETag'), text: await response.text() };
};

describe('F10: nodes turn their keys at once, half of them paused', { timeout: 3 * processTestMilliseconds }, () => {
  test.each(nodeCounts)('%i nodes: one key for each (alg, slot), one key set, every token verifies', async (count) => {
    const { folder, databasePath } = await prepareNode(0, makeFolder(), quickTurns);
    const nodes = await Promise.all(Array.from({ length: count }, () => startServer(folder, quickTurns)));
    const before = await readRows(databasePath);
    const seen = new Map(before.map(({ alg, slot, kid }) => [`${alg} ${slot}`, kid]));
    const ends = performance.now() + turnSeconds * 1000;
    let [pauses, tokens, refused] = [0, 0, 0];

    const pausing = nodes.slice(0, count / 2).map(async ({ child }) => {
      while (performance.now() < ends) {
        child.kill('SIGSTOP');
        pauses += 1;
        await wait(randomInt(200, 4000));
        child.kill('SIGCONT');
        await wait(randomInt(50, 1500));
      }
      child.kill('SIGCONT');
    });
    const asking = nodes.slice(count / 2).map(async (node) => {
      while (performance.now() < ends) {
        const response = await askToken(node.url);
        if (response.status === 200) {
          tokens += 1;
          const set = JSON.parse((await keySetOf(node)).text) as JSONWebKeySet;
          const { access_token: token } = await tokenAnswer(response);
          await jwtVerify(token, createLocalJWKSet(set), { issuer, audience: registeredResource });
        } else {
          expect(response.status).toBe(503);
          await response.arrayBuffer();
          refused += 1;
        }
        await wait(50);
      }
    });
    const watching = (async () => {
      while (performance.now() < ends) {
        for (const { alg, slot, kid } of await readRows(databasePath)) {
          const known = seen.get(`${alg} ${slot}`);
          expect([alg, slot, known ?? kid]).toEqual([alg, slot, kid]);
          seen.set(`${alg} ${slot}`, kid);
        }
        await wait(500);
      }
    })();
    await Promise.all([...pausing, ...asking, watching]);

    await until('every node serves the same key set', async () => {
      const sets = await Promise.all(nodes.map(keySetOf));
      return sets.every(({ etag, text }) => etag === sets[0]?.etag && text === sets[0]?.text) ? true : undefined;
    });
    const rows = await readRows(databasePath);
    expect(new Set(rows.map(({ alg, slot }) => `${alg} ${slot}`)).size).toBe(rows.length);
    expect(rows.length).toBeGreaterThan(before.length);
    expect(tokens).toBeGreaterThan(0);
    expect(await Promise.all(nodes.map((node) => node.stop()))).toEqual(nodes.map(() => ({ code: 0, signal: null })));
    tell(
      'F10',
      `${count} nodes on one file, ${pauses} pauses of half of them, ${rows.length - before.length} turns`,
      `one key for each (alg, slot), one key set; ${tokens} tokens verified, ${refused} refused with 503`,
    );
  });
});
