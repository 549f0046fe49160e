// Child processes of the run: several issuers on one database, the command line, and the verifiers that are not of Node.
// None outlives the run.
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../free_port.ts';

const launcher = fileURLToPath(new URL('../../src/launch.js', import.meta.url));

const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

export const startChild = (
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcess => {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(KEYTURN_|NODE_OPTIONS)/.test(name));
  const env = { ...Object.fromEntries(inherited), ...environment };
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
};

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const outcomeOf = async (child: ChildProcess): Promise<Outcome> => {
  const written = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream]?.setEncoding('utf8').on('data', (chunk: string) => {
      written[stream] += chunk;
    });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...written };
};

export interface IssuerProcess {
  readonly name: string;
  readonly port: number;
  readonly child: ChildProcess;
  isRunning(): boolean;
  kill(signal: NodeJS.Signals): Promise<void>;
}

const mostStarting = 150;

export const startIssuer = async (name: string, settings: Readonly<Record<string, string>>): Promise<IssuerProcess> => {
  const port = await freePort();
  const child = startChild(process.execPath, [launcher, 'serve'], { ...settings, KEYTURN_PORT: `${port}` });
  const over = outcomeOf(child);
  for (let tries = 0; ; tries += 1) {
    const alive = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined);
    await alive?.body?.cancel();
    if (alive?.ok) break;
    if (child.exitCode !== null || tries === mostStarting) {
      child.kill('SIGKILL');
      throw new Error(`${name} did not start: ${(await over).stderr}`);
    }
    await wait(200);
  }
  return {
    name,
    port,
    child,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    kill: async (signal) => {
      child.kill(signal);
      await over;
    },
  };
};

/** Runs `keyturn ARGS --json`. @throws when it fails. */
export const runKeyturn = async (
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
): Promise<unknown> => {
  const { code, stdout, stderr } = await outcomeOf(
    startChild(process.execPath, [launcher, ...args, '--json'], settings),
  );
  if (code !== 0) throw new Error(stderr.trim());
  return JSON.parse(stdout);
};
