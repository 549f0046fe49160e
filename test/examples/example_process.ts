// An example as its reader runs it: the process, and what it answers.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../../src/config.ts';
import { freePort } from '../free_port.ts';
import { type Running, start, until } from '../running_server.ts';

const examplesFolder = fileURLToPath(new URL('../../examples', import.meta.url));

/** `keyturn/verifier` is what is in src, whether or not it was built. */
const fromSource = { NODE_OPTIONS: '--conditions=keyturn-source' };

const pythons = ['/usr/bin/python3', 'python3'];

/** A Python that has what examples/flask_api needs; undefined where there is none. */
export const pythonWithFlask = pythons.find(
  (python) => spawnSync(python, ['-c', 'import flask, jwt, cryptography'], { timeout: 10_000 }).status === 0,
);

export interface RunningExample extends Running {
  readonly url: string;
  stop(): Promise<void>;
}

const answers = async (url: string): Promise<true | undefined> => {
  try {
    await (await fetch(url)).body?.cancel();
    return true;
  } catch {
    return undefined;
  }
};

/** Starts a command line that listens on a port, given as `PORT` and in the arguments, and waits until it does. */
export const startExample = async (
  folder: string,
  commandFor: (port: string) => readonly [string, ...string[]],
  environment: Environment,
): Promise<RunningExample> => {
  const port = `${await freePort()}`;
  const [command, ...args] = commandFor(port);
  const running = start(command, args, `${examplesFolder}/${folder}`, { PORT: port, ...fromSource, ...environment });
  const url = `http://localhost:${port}`;
  await until(`${folder} listens`, () => {
    if (running.child.exitCode !== null) throw new Error(`${folder} ended before it listened: ${running.stderr()}`);
    return answers(url);
  });
  return {
    ...running,
    url,
    stop: async () => {
      running.child.kill('SIGTERM');
      await running.ended;
    },
  };
};

export interface Answer {
  readonly status: number;
  readonly challenge: string | null;
  readonly body: string;
}

export const ask = async (url: string, token?: string): Promise<Answer> => {
  const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const response = await fetch(url, { headers });
  return {
    status: response.status,
    challenge: response.headers.get('WWW-Authenticate'),
    body: await response.text(),
  };
};
