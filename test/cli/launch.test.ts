import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createProgram, run } from '../../src/cli/run.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { StoreUnavailableError } from '../../src/seams/store.ts';
import { freePort } from '../free_port.ts';
import {
  databasePathIn,
  environmentFor,
  launcher,
  makeFolder,
  outcomeOf,
  type RunningServer,
  runCli,
  start,
  startServer,
  until,
} from '../running_server.ts';
import { runCommand } from './in_process.ts';

/** Every run is a process of its own, and all of them share the machine with the other tests. */
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

const folder = makeFolder();

/** A Node on this machine that cannot run TypeScript as it is. */
const oldNode = (process.env.PATH ?? '')
  .split(delimiter)
  .concat('/usr/bin', '/usr/local/bin')
  .map((place) => join(place, 'node'))
  .filter((node) => existsSync(node))
  .find((node) => Number(spawnSync(node, ['-p', 'process.versions.node.split(".")[0]']).stdout) < 24);
const noOldNode = 'there is no Node below 24 on this machine';

describe('the keyturn executable', () => {
  test('--help and --version exit 0; no command and an unknown one are errors of usage, exit 2', async () => {
    const [help, version, unknown] = await Promise.all([
      runCli(['--help'], folder),
      runCli(['--version'], folder),
      runCli(['kyes', 'list'], folder),
    ]);
    const nothing = await runCommand([], { environment: {} });
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const command of ['serve', 'keys', 'clients', 'resources', 'token', 'doctor'])
      expect(help.stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
    expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    expect(nothing).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('Usage: keyturn') });
    expect(unknown).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining("unknown command 'kyes'") });
    expect(unknown.stderr).toContain('Did you mean keys?');
    expect(unknown.stderr).toContain('Add --help to see what is expected.');
  });

  test('--remote with nothing after it is an error of usage: it must not turn to the database of this machine', async () => {
    const environment = environmentFor(folder, {});
    const { code, stdout, stderr } = await runCommand(['--remote', '', 'clients', 'list'], { environment });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Expected an issuer');
  });

  test.skipIf(!existsSync('/dev/full'))('an answer that a full disk does not take is one line, exit 1', async () => {
    const sh = ['-c', '"$0" "$1" --version > /dev/full', process.execPath, launcher];
    const { code, stderr } = await outcomeOf(start('sh', sh, folder, environmentFor(folder, {})));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^keyturn: Standard output could not be written to \(ENOSPC\).*\n$/);
  });

  test.skipIf(!existsSync('/dev/full'))('a warning that nobody can read changes no exit code', async () => {
    const sh = ['-c', '"$0" "$1" kyes 2> /dev/full', process.execPath, launcher];
    expect(await outcomeOf(start('sh', sh, folder, environmentFor(folder, {})))).toMatchObject({ code: 2 });
  });

  test('a setting that cannot be used is one line on standard error, exit 1, and nothing is made', async () => {
    const wrong = await runCli(['clients', 'list'], folder, { KEYTURN_PORT: 'x' });
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    expect(wrong.stderr).toMatch(/^keyturn: The configuration cannot be used\. KEYTURN_PORT: .*\n$/);
    expect(existsSync(databasePathIn(folder))).toBe(false);
  });

  test('a server that cannot serve its metrics says so and ends, exit 1: it does not serve without', async () => {
    const [port, metricsPort, own] = [await freePort(), await freePort(), makeFolder()];
    const taken = createServer().listen(metricsPort, '127.0.0.1');
    onTestFinished(() => {
      taken.close();
    });
    const refused = await runCli(['serve'], own, {
      KEYTURN_ISSUER: `http://127.0.0.1:${port}`,
      KEYTURN_PORT: `${port}`,
      KEYTURN_METRICS_PORT: `${metricsPort}`,
    });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/^keyturn: Metrics cannot .*\n$/) });
  });
});

describe('commands beside a running server', () => {
  let server: RunningServer;
  const beside = (...args: string[]) => runCli(args, server.folder, { KEYTURN_ISSUER: server.issuer });
  /** In this process, for answers that others need. */
  const here = (...args: string[]) =>
    runCommand(args, { environment: environmentFor(server.folder, { KEYTURN_ISSUER: server.issuer }) });

  beforeAll(async () => {
    server = await startServer(makeFolder(), { KEYTURN_LEED_SECONDS: '1', KEYTURN_SNAPSHOT_SECONDS: '9' });
  });
  afterAll(async () => {
    await server.stop();
  });

  test('serve warns of a variable that is no setting', () => {
    expect(server.stderr()).toContain('did you mean KEYTURN_LEAD_SECONDS?');
  });

  test('each answers --json with one document on standard output and nothing else', async () => {
    const doctor = await beside('doctor', '--json');
    const [keys, clients] = [await here('keys', 'list', '--json'), await here('clients', 'list', '--json')];
    expect([keys, clients, doctor].map(({ code, stderr }) => `${code}${stderr}`)).toEqual(['0', '0', '0']);
    expect(JSON.parse(keys.stdout).keys).toHaveLength(4);
    const ids = JSON.parse(clients.stdout).clients.map(({ client_id }: { client_id: string }) => client_id);
    expect(ids).toEqual(['demo', 'first-client']);
    expect(JSON.parse(doctor.stdout).healthy).toBe(true);
  });

  test('a minted token verifies with what the server publishes; a new client gets tokens', async () => {
    const [minted, added] = await Promise.all([
      beside('token', 'mint'),
      here('clients', 'add', '--client-id', 'billing', '--json'),
    ]);
    const verified = await here('token', 'verify', minted.stdout.trim(), '--audience', 'https://api.example.com');
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringMatching(/^VERIFIED/) });
    const response = await fetch(`${server.url}/token`, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa(`billing:${JSON.parse(added.stdout).client_secret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    expect(response.status).toBe(200);
  });

  test('a revoked key leaves the key set that the server publishes', async () => {
    const { keys } = JSON.parse((await here('keys', 'list', '--json')).stdout);
    const { kid } = keys[0];
    expect(await beside('keys', 'revoke', kid.slice(0, 12), '--reason', 'a test')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`Revoked the ES256 key ${kid}`),
    });
    await until('the server no longer publishes the revoked key', async () => {
      const response = await fetch(`${server.url}/.well-known/jwks.json`);
      return (await response.text()).includes(kid) ? undefined : true;
    });
  });
});

describe('an old Node, which cannot run TypeScript as it is', () => {
  test('without the packaged Node it is told what to do, exit 1', ({ skip }) => {
    if (oldNode === undefined) return skip(noOldNode);
    const alone = makeFolder();
    copyFileSync(launcher, join(alone, 'launch.js'));
    writeFileSync(join(alone, 'package.json'), '{"type":"module"}');
    const { status, stdout, stderr } = spawnSync(oldNode, ['launch.js', 'keys', 'list'], {
      cwd: alone,
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^keyturn: this is Node \d+\.\d+\.\d+; Keyturn needs Node 24 or newer\. Run "npm ci".*\n$/);
  });

  test('with a packaged Node of another system it is told so in one line, exit 1', ({ skip }) => {
    if (oldNode === undefined) return skip(noOldNode);
    const alone = makeFolder();
    copyFileSync(launcher, join(alone, 'launch.js'));
    writeFileSync(join(alone, 'package.json'), '{"type":"module"}');
    const packaged = join(alone, `node_modules/node-${process.platform}-${process.arch}/bin`);
    mkdirSync(packaged, { recursive: true });
    writeFileSync(join(packaged, 'node'), '#!/lib/ld-of-another-system\n', { mode: 0o755 });
    const { status, stderr } = spawnSync(oldNode, ['launch.js', 'keys', 'list'], { cwd: alone, encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^keyturn: .*\/bin\/node could not be run \(ENOENT\)\. .* install Node 24.*\n$/);
  });

  test.for(['SIGTERM', 'SIGHUP'] as const)(
    'it hands over to the packaged Node, and hands %s on, so that the server drains',
    async (signal, { skip }) => {
      if (oldNode === undefined) return skip(noOldNode);
      const port = await freePort();
      const served = makeFolder();
      const settings = environmentFor(served, { KEYTURN_ISSUER: `http://127.0.0.1:${port}` });
      const launched = start(oldNode, [launcher, 'serve'], served, settings);
      const { child, stdout } = launched;
      await until('it listens', () => (stdout().includes('"listening"') ? true : undefined));
      child.kill(signal);
      const { code } = await outcomeOf(launched);
      expect(code).toBe(0);
      expect(stdout()).toContain('"stopped"');
    },
  );

  /** @param spawning - what is done instead of handing over, as the body of a function of what would be spawned. */
  const handingOverTo = (spawning: string) => {
    const hook = join(makeFolder(), 'handed_over.cjs');
    writeFileSync(
      hook,
      `const childProcess = require('node:child_process');
      const { spawn } = childProcess;
      childProcess.spawn = (...all) => { ${spawning} };
      require('node:module').syncBuiltinESMExports();`,
    );
    return environmentFor(folder, { NODE_OPTIONS: `--require=${hook}` });
  };
  const shell = (script: string) => `return spawn('sh', ['-c', ${JSON.stringify(script)}], { stdio: 'inherit' });`;

  test('told to stop just as it hands over, it leaves nothing running behind', async ({ skip }) => {
    if (oldNode === undefined) return skip(noOldNode);
    const settings = handingOverTo("const child = spawn(...all); process.kill(process.pid, 'SIGTERM'); return child;");
    const { signal, stderr } = await outcomeOf(start(oldNode, [launcher, 'keys', 'drill'], folder, settings));
    expect([signal, stderr]).toEqual(['SIGTERM', '']);
  });

  test.for([
    ['exit 3', { status: 3, signal: null }],
    ['kill -KILL $$', { status: null, signal: 'SIGKILL' }],
    ['kill -TERM $$', { status: null, signal: 'SIGTERM' }],
    ['kill -INT $$', { status: null, signal: 'SIGINT' }],
    ['kill -ABRT $$', { status: null, signal: 'SIGABRT' }],
  ] as const)('it ends as what it handed over to, which did %s', ([script, ending], { skip }) => {
    if (oldNode === undefined) return skip(noOldNode);
    const env = handingOverTo(shell(`ulimit -c 0; ${script}`));
    const { status, signal } = spawnSync(oldNode, [launcher], { env: { ...process.env, ...env } });
    expect({ status, signal }).toEqual(ending);
  });

  test('its terminal may be closed: it ends as what it handed over to, and does not abort', async ({ skip }) => {
    if (oldNode === undefined) return skip(noOldNode);
    if (spawnSync('script', ['--version']).status !== 0) return skip('there is no script(1) on this machine');
    const [told, env] = [
      join(makeFolder(), 'told'),
      handingOverTo(shell('trap "exit 0" HUP; echo ready; sleep 30 & wait')),
    ];
    // A terminal of its own, whose other side script holds; its first process is told when that goes away.
    const inTerminal = `"${oldNode}" "${launcher}" & trap 'kill -HUP $!' HUP; wait; wait $!; echo $? > "${told}"`;
    const held = start('script', ['-qec', inTerminal, '/dev/null'], folder, env);
    await until('it has handed over', () => (held.stdout().includes('ready') ? true : undefined));
    held.child.kill('SIGKILL');
    const code = await until(
      'it has ended',
      () => (existsSync(told) && readFileSync(told, 'utf8').trim()) || undefined,
    );
    expect(code).toBe('0');
  });
});

describe('what goes wrong becomes one line and an exit code', () => {
  const failWith = async (error: unknown, environment = {}) => {
    const written = { stdout: '', stderr: '', code: 0 };
    const terminal: Terminal = {
      environment,
      clock: { now: () => 0, monotonicSeconds: () => 0 },
      columns: 80,
      colour: false,
      print: (text) => {
        written.stdout += `${text}\n`;
      },
      printError: (text) => {
        written.stderr += `${text}\n`;
      },
      readInput: async () => '',
      setExitCode: (code) => {
        written.code = code;
      },
    };
    const program = createProgram('0.0.0', terminal);
    program.addCommand(
      new Command('fail').action(() => {
        throw error;
      }),
    );
    await run(program, ['node', 'keyturn', 'fail'], terminal);
    return written;
  };

  test('what nobody foresaw is called a bug, exit 70, without a stack', async () => {
    const { code, stdout, stderr } = await failWith(new TypeError('x is undefined', { cause: new Error('why') }));
    expect({ code, stdout }).toEqual({ code: 70, stdout: '' });
    expect(stderr).toMatch(/^keyturn: x is undefined\. This is a bug in Keyturn: .*\n$/);
  });

  test('KEYTURN_LOG_LEVEL=debug shows the stack and its causes', async () => {
    const error = new TypeError('x is undefined', { cause: new Error('why') });
    const { stderr } = await failWith(error, { KEYTURN_LOG_LEVEL: 'debug' });
    expect(stderr).toMatch(/TypeError: x is undefined\n +at [\s\S]*caused by Error: why\n +at /);
  });

  test('a database that does not answer is not a bug', async () => {
    const { code, stderr } = await failWith(new StoreUnavailableError('SQLite answered SQLITE_BUSY'));
    expect(code).toBe(1);
    expect(stderr).toContain('The database could not be used: SQLite answered SQLITE_BUSY');
  });

  test('an issuer elsewhere that does not answer may have done what it was asked', async () => {
    const { code, stderr } = await failWith(new StoreUnavailableError('it could not be reached'), {
      KEYTURN_REMOTE: 'https://id.example.com',
    });
    expect(code).toBe(1);
    expect(stderr).toContain('What was to be changed may have been changed all the same.');
  });
});
