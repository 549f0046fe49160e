// KEYTURN_PROCESSES: what several processes share, and how they end. What they do under load is in processes.test.ts.
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openPeopleIn, send } from '../faults/people_node.ts';
import { freePort } from '../free_port.ts';
import { codeVerifier, issuer, obtainCode, redirectUri } from '../people.ts';
import {
  environmentFor,
  launcher,
  makeFolder,
  outcomeOf,
  processTestMilliseconds,
  type RunningServer,
  start,
  startServer,
  until,
} from '../running_server.ts';
import { readAnswer } from '../token_requests.ts';

const timeout = processTestMilliseconds;
const count = 2;

const pidsOf = (server: RunningServer): readonly number[] =>
  server
    .stdout()
    .split('\n')
    .filter((line) => line.includes('"msg":"process serves"'))
    .map((line) => JSON.parse(line).pid as number);

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('several processes', { timeout }, () => {
  test('a refresh token that all of them are shown at once has one successor; when the first is killed none stays behind', async () => {
    const folder = makeFolder();
    const people = await openPeopleIn(folder);
    const code = await obtainCode(people.openBrowser(), { scope: 'openid offline_access' });
    const environment = { KEYTURN_ISSUER: issuer, KEYTURN_PROCESSES: `${count}` };
    const server = await startServer(folder, environment);
    onTestFinished(() => people.store.close());
    const redemption = { grant_type: 'authorization_code', client_id: 'app', code, redirect_uri: redirectUri };
    let tokens = await readAnswer(await send(`${server.url}/token`, { ...redemption, code_verifier: codeVerifier }));
    for (let round = 0; round < 4; round += 1) {
      const form = { grant_type: 'refresh_token', client_id: 'app', refresh_token: tokens.refresh_token };
      const answers = await Promise.all(Array.from({ length: 30 }, () => send(`${server.url}/token`, form)));
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      const successors = await Promise.all(answers.map(readAnswer));
      expect(new Set(successors.map(({ refresh_token }) => refresh_token)).size).toBe(1);
      expect(new Set(successors.map(({ access_token }) => access_token)).size).toBe(1);
      tokens = successors[0] ?? tokens;
    }

    // And when the first process is killed, none of the others stays behind.
    await expect.poll(() => pidsOf(server), { timeout: 10_000 }).toHaveLength(count);
    const pids = pidsOf(server);
    await server.kill();
    await until('they are gone', () => (pids.some(isAlive) ? undefined : true));
  });

  test('a port that is taken ends all of them, with the advice of one process and exit code 1', async () => {
    const port = await freePort();
    const taken = createServer().listen(port, '127.0.0.1');
    onTestFinished(() => {
      taken.close();
    });
    const folder = makeFolder();
    const environment = {
      KEYTURN_ISSUER: `http://127.0.0.1:${port}`,
      KEYTURN_PORT: `${port}`,
      KEYTURN_PROCESSES: '2',
    };
    const second = start(process.execPath, [launcher, 'serve'], folder, environmentFor(folder, environment));
    const { code, stderr } = await outcomeOf(second);
    expect(code).toBe(1);
    expect(stderr).toContain(`Port ${port} on 127.0.0.1 is in use by another process`);
    expect(stderr).not.toContain('This is a bug');
  });
});
