// Connections of clients never take the last file that the process may have.
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { connectionsThatFit } from '../../src/adapters/open_files.ts';
import { launcher, makeFolder, processTestMilliseconds, startServer, until } from '../running_server.ts';

const room = (wanted: number, limit: number) => {
  const told: unknown[] = [];
  const connections = connectionsThatFit(wanted, 10, { warn: (fields) => told.push(fields) }, limit);
  return { connections, told };
};

describe('connections under a limit of open files', () => {
  test('as many as are wanted where they fit, and nothing is told', () => {
    expect(room(10_000, 20_000)).toEqual({ connections: 10_000, told: [] });
    expect(room(10_000, 10_138)).toEqual({ connections: 10_000, told: [] });
    expect(room(10_000, Number.POSITIVE_INFINITY)).toEqual({ connections: 10_000, told: [] });
  });

  test('fewer where they do not, with what to allow', () => {
    const { connections, told } = room(10_000, 1024);
    expect(connections).toBe(1024 - 138);
    expect(told).toEqual([
      { open_files: 1024, connections, advice: expect.stringContaining('Allow this process 10138 open files') },
    ]);
  });

  test('most of a very low limit stays with the process, and one connection is left', () => {
    expect(room(10_000, 64).connections).toBe(16);
    expect(room(10_000, 1).connections).toBe(1);
  });

  test.runIf(process.platform === 'linux')(
    'a server has files left when its connections are used up',
    async () => {
      const limited = ['sh', '-c', 'ulimit -n 200; exec "$@"', 'sh', process.execPath, launcher] as const;
      const server = await startServer(makeFolder(), {}, limited);
      expect(server.stdout()).toContain('"open_files":200,"connections":62,');
      const sockets = Array.from({ length: 100 }, () => connect(server.port, '127.0.0.1'));
      for (const socket of sockets) socket.on('error', () => undefined);
      // The one by which the test saw it listen is among the 62.
      await until('those beyond are closed', () => sockets.filter(({ closed }) => closed).length > 37 || undefined);
      expect(sockets.filter(({ closed }) => !closed).length).toBeGreaterThan(60);
      expect(readdirSync(`/proc/${server.pid}/fd`).length).toBeLessThan(150);
      for (const socket of sockets) socket.destroy();
      const answer = await until('it answers again', () =>
        fetch(`${server.url}/.well-known/jwks.json`).catch(() => undefined),
      );
      expect(answer.status).toBe(200);
      expect(await server.stop()).toEqual({ code: 0, signal: null });
    },
    processTestMilliseconds,
  );
});
