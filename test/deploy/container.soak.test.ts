// The steps of the Dockerfile without an engine: the same files, the same `npm ci`, and the result run as user 65532 in a
// root folder in which there is what the base image has, the C library, and nothing else. Needs root, and Debian.
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, cpSync, mkdirSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DockerfileParser } from 'dockerfile-ast';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../free_port.ts';
import { makeFolder, type Running, removeFolder, start, until } from '../running_server.ts';
import { copiedFiles } from './docker_context.ts';

const timeout = 600_000;
const user = 65532;
/** Of gcr.io/distroless/cc-debian12, those that have libraries a program could want. */
const packagesOfBase = ['libc6', 'libgcc-s1', 'libgomp1', 'libssl3', 'libstdc++6'];

const instructions = DockerfileParser.parse(readFileSync('Dockerfile', 'utf8')).getInstructions();
const argumentsOf = (keyword: string): readonly string[] =>
  instructions.filter((found) => found.getKeyword() === keyword).map((found) => found.getRawArgumentsContent() ?? '');
const execForm = (text = ''): readonly string[] => JSON.parse(text.slice(text.indexOf('['))) as readonly string[];
const imageEnvironment = Object.fromEntries(
  [
    ...argumentsOf('ENV')
      .join(' ')
      .matchAll(/([A-Z_]+)=(\S+)/g),
  ].map(([, name, value]) => [name, value]),
);

const folder = makeFolder();
const root = join(folder, 'root');
let port: number;
let issuer: Running;

/** Of this machine, without what npm and the test runner add. */
const surroundings = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_|KEYTURN_|VITEST)/.test(name)));

const build = (): void => {
  mkdirSync(join(root, 'app'), { recursive: true });
  for (const file of copiedFiles()) cpSync(file, join(root, 'app', file), { recursive: true });
  const [install = ''] = argumentsOf('RUN');
  execFileSync('sh', ['-c', install.split('&&')[0] ?? ''], {
    cwd: join(root, 'app'),
    env: surroundings(),
    stdio: 'pipe',
  });
  mkdirSync(join(root, 'data'));
  chownSync(join(root, 'data'), user, user);
};

const addBaseImage = (): void => {
  const owned = execFileSync('dpkg', ['--listfiles', ...packagesOfBase], { encoding: 'utf8' }).split('\n');
  for (const path of owned.filter((name) => /\.so[.\d]*$/.test(name))) {
    const there = path.replace(/^\/usr\/lib|^\/lib/, '/lib');
    mkdirSync(join(root, dirname(there)), { recursive: true });
    cpSync(realpathSync(path), join(root, there));
  }
  mkdirSync(join(root, 'lib64'), { recursive: true });
  cpSync(realpathSync('/lib64/ld-linux-x86-64.so.2'), join(root, 'lib64/ld-linux-x86-64.so.2'));
};

const settings = (): Record<string, string | undefined> => ({
  ...imageEnvironment,
  KEYTURN_HOST: '127.0.0.1',
  KEYTURN_PORT: `${port}`,
  KEYTURN_ISSUER: `http://127.0.0.1:${port}`,
  KEYTURN_KEK_RING: JSON.stringify({ keys: [{ kty: 'oct', kid: 'kek', k: randomBytes(32).toString('base64url') }] }),
});

const inside = (command: readonly string[]): readonly string[] => [`--userspec=${user}:${user}`, root, ...command];

const healthcheck = (): number | null =>
  spawnSync('chroot', inside(execForm(argumentsOf('HEALTHCHECK')[0])), { env: { ...surroundings(), ...settings() } })
    .status;

beforeAll(async () => {
  if (process.getuid?.() !== 0) throw new Error('This test needs root, for chroot. Run it as root, or in a container.');
  port = await freePort();
  build();
  addBaseImage();
  const command = [...execForm(argumentsOf('ENTRYPOINT')[0]), ...execForm(argumentsOf('CMD')[0])];
  issuer = start('chroot', inside(command), folder, settings());
  await until('it listens', () => {
    if (issuer.child.exitCode !== null) throw new Error(`it ended: ${issuer.stderr()}`);
    return issuer.stdout().includes('"listening"') ? true : undefined;
  });
}, timeout);

afterAll(() => removeFolder(folder), timeout);

describe('what the Dockerfile makes', { timeout }, () => {
  test('runs as nobody in particular, with nothing but a C library, and signs', async () => {
    expect(statSync(`/proc/${issuer.pid}`).uid).toBe(user);
    expect((await fetch(`http://127.0.0.1:${port}/health/ready`)).status).toBe(200);
    const [, secret = ''] = /first-client:([^']+)'/.exec(issuer.stdout()) ?? [];
    const response = await fetch(`http://127.0.0.1:${port}/token`, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa(`first-client:${secret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    expect(response.status).toBe(200);
    expect(issuer.stderr()).toBe('');
  });

  test('keeps its database in /data, readable by its user alone, and may write nothing else', () => {
    const database = statSync(join(root, 'data/keyturn.sqlite'));
    expect([database.uid, database.mode & 0o077]).toEqual([user, 0]);
    const writable = execFileSync(
      'find',
      [root, '(', '-uid', `${user}`, '-o', '-perm', '-o+w', ')', '!', '-type', 'l'],
      {
        encoding: 'utf8',
      },
    );
    expect(writable.split('\n').filter((path) => path !== '' && !path.startsWith(join(root, 'data')))).toEqual([]);
  });

  test('has no shell, no npm and nothing that is for development', () => {
    expect(readdirSync(root).sort()).toEqual(['app', 'data', 'lib', 'lib64']);
    const installed = readdirSync(join(root, 'app/node_modules'));
    for (const name of ['typescript', 'vitest', 'esbuild', 'drizzle-kit', 'npm', 'kubernetes-models'])
      expect(installed).not.toContain(name);
  });

  test('is told healthy by its health check while it serves; SIGTERM ends it with code 0, and it is not healthy then', async () => {
    expect(healthcheck()).toBe(0);
    issuer.child.kill('SIGTERM');
    expect(await issuer.ended).toEqual({ code: 0, signal: null });
    expect(healthcheck()).toBe(1);
  });

  test('runs commands in place of serve', () => {
    const command = [...execForm(argumentsOf('ENTRYPOINT')[0]), '--version'];
    const { status, stdout } = spawnSync('chroot', inside(command), {
      env: { ...surroundings(), ...settings() },
      encoding: 'utf8',
    });
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };
    expect([status, stdout.trim()]).toEqual([0, version]);
  });
});
