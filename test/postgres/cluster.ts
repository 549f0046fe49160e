// A real Postgres of the machine, in a folder of its own: for one run of the tests, or for one fault.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../free_port.ts';

const run = promisify(execFile);

/** Debian's, newest first. */
const packaged = '/usr/lib/postgresql';

const folders = (): readonly string[] => [
  ...(existsSync(packaged)
    ? readdirSync(packaged)
        .sort((left, right) => Number(right) - Number(left))
        .map((version) => join(packaged, version, 'bin'))
    : []),
  ...(process.env.PATH ?? '').split(delimiter),
];

/** Where initdb and pg_ctl are; undefined where the machine has no Postgres. */
export const postgresBinaries = (): string | undefined =>
  folders().find((folder) => ['initdb', 'pg_ctl', 'postgres'].every((name) => existsSync(join(folder, name))));

/** Postgres refuses to run as root; Debian's package makes this user. */
const unprivileged = (): { readonly uid: number; readonly gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined;
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === 'postgres');
  if (entry === undefined)
    throw new Error('Postgres does not run as root, and there is no user postgres to run it as.');
  return { uid: Number(entry[2]), gid: Number(entry[3]) };
};

export interface Cluster {
  readonly port: number;
  readonly folder: string;
  /** As the superuser. */
  url(database: string): string;
  stop(mode?: 'fast' | 'immediate'): Promise<void>;
  start(): Promise<void>;
  /** A standby takes over. */
  promote(): Promise<void>;
  /** Stops it and removes its folder. */
  remove(): Promise<void>;
  /** Runs another program of Postgres as whoever the server runs as. */
  tool(name: string, args: readonly string[]): Promise<string>;
  /** Adds lines to postgresql.conf; the last of two wins, at the next start. */
  configure(settings: Readonly<Record<string, string | number>>): void;
  /** Puts a line before the others of pg_hba.conf; heeded at the next start. */
  admit(rule: string): void;
}

/** The database may be lost with the machine, which no test of it survives: much quicker. */
export const careless = { fsync: 'off', full_page_writes: 'off' } as const;

const common = {
  listen_addresses: "'127.0.0.1'",
  unix_socket_directories: "''",
  max_connections: 200,
  shared_buffers: "'32MB'",
  deadlock_timeout: "'100ms'",
  logging_collector: 'off',
} as const;

const overPort = (port: number, folder: string, binaries: string): Cluster => {
  const owner = unprivileged();
  const data = join(folder, 'data');
  const tool: Cluster['tool'] = async (name, args) => {
    // In the folder: whoever the server runs as may not enter the one that the tests run in.
    const { stdout } = await run(join(binaries, name), [...args], { cwd: folder, ...owner, maxBuffer: 1 << 24 });
    return stdout;
  };
  /** With output of its own: the server inherits it, and `execFile` waits until nobody has it. */
  const control = async (...args: readonly string[]): Promise<void> => {
    const child = spawn(join(binaries, 'pg_ctl'), ['--pgdata', data, '--wait', '--silent', ...args], {
      ...{ cwd: folder, ...owner, stdio: 'ignore' as const },
    });
    const [code] = await once(child, 'exit');
    if (code !== 0) {
      const log = existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8').slice(-2000) : '';
      throw new Error(`pg_ctl ${args.join(' ')} ended with ${code}\n${log}`);
    }
  };
  const cluster: Cluster = {
    port,
    folder,
    url: (database) => `postgres://postgres@127.0.0.1:${port}/${database}`,
    start: () => control('--log', join(folder, 'log'), '--timeout', '60', 'start'),
    stop: (mode = 'fast') => control('--mode', mode, '--timeout', '60', 'stop'),
    promote: () => control('--timeout', '60', 'promote'),
    remove: async () => {
      if (existsSync(join(data, 'postmaster.pid'))) await cluster.stop('immediate').catch(() => undefined);
      rmSync(folder, { recursive: true, force: true });
    },
    tool,
    configure: (settings) => {
      const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`);
      appendFileSync(join(data, 'postgresql.conf'), lines.join(''));
    },
    admit: (rule) => {
      const file = join(data, 'pg_hba.conf');
      writeFileSync(file, `${rule}\n${readFileSync(file, 'utf8')}`);
    },
  };
  return cluster;
};

const makeFolder = (parent: string): string => {
  const folder = mkdtempSync(join(parent, 'keyturn-postgres-'));
  const owner = unprivileged();
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  return folder;
};

const binariesOrThrow = (): string => {
  const binaries = postgresBinaries();
  if (binaries === undefined) throw new Error('There is no Postgres on this machine.');
  return binaries;
};

/** Not TMPDIR, whose parents may be closed to the owner of the server. */
const onDisk = '/tmp';

/** @param settings - of postgresql.conf. @returns one that runs. */
export const startCluster = async (
  settings: Readonly<Record<string, string | number>> = {},
  parent = onDisk,
): Promise<Cluster> => {
  const cluster = overPort(await freePort(), makeFolder(parent), binariesOrThrow());
  const data = join(cluster.folder, 'data');
  await cluster.tool('initdb', [
    '--pgdata',
    data,
    '--username=postgres',
    '--auth=trust',
    '--encoding=UTF8',
    '--no-sync',
    '--locale=C.UTF-8',
  ]);
  cluster.configure({ ...common, port: cluster.port, ...settings });
  await cluster.start();
  return cluster;
};

/** A standby that follows `primary`, as pg_basebackup makes it. @param name - what the primary calls it. */
export const startStandby = async (primary: Cluster, name: string): Promise<Cluster> => {
  const cluster = overPort(await freePort(), makeFolder(onDisk), binariesOrThrow());
  const source = `host=127.0.0.1 port=${primary.port} user=postgres application_name=${name}`;
  await primary.tool('pg_basebackup', [
    ...['--pgdata', join(cluster.folder, 'data'), '--dbname', source, '--write-recovery-conf'],
    ...['--checkpoint=fast', '--no-sync', '--wal-method=stream'],
  ]);
  cluster.configure({ port: cluster.port });
  await cluster.start();
  return cluster;
};
