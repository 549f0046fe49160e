// A real PgBouncer of the machine in front of a Postgres, in a folder of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import pg from 'pg';
import { freePort } from '../free_port.ts';
import { until } from '../running_server.ts';

/** Debian puts it where only root looks. */
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];

/** PGBOUNCER names another. */
const binary = process.env.PGBOUNCER ?? folders.map((folder) => join(folder, 'pgbouncer')).find(existsSync);

/** For `describe.runIf`; says loudly why not. */
export const hasPgbouncer = binary !== undefined;
if (!hasPgbouncer)
  process.stderr.write(
    '\nNOT TESTED: a pooler before Postgres. This machine has no PgBouncer. On Debian: apt-get install pgbouncer\n\n',
  );

/** It refuses to run as root. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

export interface Pgbouncer {
  readonly url: string;
  /** On its console. @see https://www.pgbouncer.org/usage.html#admin-console */
  command(text: string): Promise<void>;
  /** At once, whoever is connected. */
  restart(): Promise<void>;
  remove(): Promise<void>;
}

const configuration = (database: URL, port: number, settings: Readonly<Record<string, string | number>>): string => {
  const common = { listen_addr: '127.0.0.1', listen_port: port, unix_socket_dir: '', auth_type: 'any' };
  const lines = Object.entries({ ...common, admin_users: 'console', ...settings });
  return [
    '[databases]',
    `* = host=${database.hostname} port=${database.port} user=${database.username}`,
    '[pgbouncer]',
    ...lines.map(([name, value]) => `${name} = ${value}`),
    '',
  ].join('\n');
};

/** @param url - of the database behind it. @param settings - of pgbouncer.ini. */
export const startPgbouncer = async (
  url: string,
  settings: Readonly<Record<string, string | number>>,
): Promise<Pgbouncer> => {
  const [folder, port] = [mkdtempSync('/tmp/keyturn-pgbouncer-'), await freePort()];
  chmodSync(folder, 0o755);
  const file = join(folder, 'pgbouncer.ini');
  writeFileSync(file, configuration(new URL(url), port, settings));
  const start = async () => {
    const child = spawn(binary ?? '', [file], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], ...nobody });
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
    await until('PgBouncer is up', () => {
      if (child.exitCode !== null) throw new Error(log);
      return log.includes('process up') ? true : undefined;
    });
    return async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    };
  };
  let end = await start();
  const through = new URL(url);
  through.port = `${port}`;
  return {
    url: through.href,
    command: async (text) => {
      const console = new pg.Client(`postgres://console@127.0.0.1:${port}/pgbouncer`);
      await console.connect();
      await console.query(text);
      await console.end();
    },
    restart: async () => {
      await end();
      end = await start();
    },
    remove: async () => {
      await end();
      rmSync(folder, { recursive: true });
    },
  };
};
