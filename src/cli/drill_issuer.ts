// A throw-away issuer for `keyturn keys drill`: its own folder, database and key-encryption key, the real rotation and
// the real HTTP server on a free port of loopback, with constants of seconds. Nothing of the configured one is read.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listen } from '../adapters/hono_node_server.ts';
import { createApp } from '../app.ts';
import { type Config, readConfig } from '../config.ts';
import { OperatorError } from '../errors.ts';
import { keepKeysFresh, openProvider } from '../node.ts';
import type { Provider } from '../provider.ts';
import type { Log } from '../seams/log.ts';

/** In seconds, named as in docs/keys-and-rotation.md. */
const constants = {
  KEYTURN_MAX_TOKEN_SECONDS: 60,
  KEYTURN_ACCESS_TOKEN_SECONDS: 60,
  KEYTURN_ID_TOKEN_SECONDS: 60,
  KEYTURN_JWKS_MAX_AGE_SECONDS: 1,
  KEYTURN_SHARED_CACHE_SECONDS: 1,
  KEYTURN_SLOWEST_VERIFIER_SECONDS: 3,
  KEYTURN_SNAPSHOT_SECONDS: 1,
  KEYTURN_CLOCK_ERROR_SECONDS: 0,
  KEYTURN_LEEWAY_SECONDS: 0,
  KEYTURN_FETCH_TIMEOUT_SECONDS: 1,
};

export interface DrillIssuer {
  readonly config: Config;
  readonly provider: Provider;
  /** What went wrong in it, in words. */
  readonly complaints: readonly string[];
  /** Stops it and removes all it made. */
  close(): Promise<void>;
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
};

const settingsIn = (folder: string, port: number) => ({
  ...Object.fromEntries(Object.entries(constants).map(([name, seconds]) => [name, String(seconds)])),
  KEYTURN_ISSUER: `http://127.0.0.1:${port}`,
  KEYTURN_DATABASE_URL: `file:${join(folder, 'drill.sqlite')}`,
  KEYTURN_KEK_RING: JSON.stringify({
    keys: [{ kty: 'oct', kid: 'drill', k: randomBytes(32).toString('base64url') }],
  }),
});

const complainTo = (complaints: string[]): Log => {
  const complain = (fields: object, message: string): void => {
    complaints.push(`${message} ${JSON.stringify(fields)}`);
  };
  return { info: () => undefined, warn: complain, error: complain };
};

const start = async (config: Config, complaints: string[]): Promise<Omit<DrillIssuer, 'config' | 'complaints'>> => {
  const log = complainTo(complaints);
  const provider = await openProvider(config, log);
  const { fetch } = createApp(provider);
  const { host, port, maxConnections } = config;
  const server = await listen({
    fetch: (request, bindings) => fetch(request, bindings),
    host,
    port,
    maxConnections,
    log,
  });
  const stopRefreshing = keepKeysFresh(provider);
  const close = async (): Promise<void> => {
    stopRefreshing();
    await server.drain(0);
    await provider.store.close();
  };
  return { provider, close };
};

const makeFolder = (): string => {
  try {
    return mkdtempSync(join(tmpdir(), 'keyturn-drill-'));
  } catch (error) {
    throw new OperatorError(
      `No folder can be made in ${tmpdir()} (${(error as NodeJS.ErrnoException).code}). Set TMPDIR to one that this user may write in.`,
      { cause: error },
    );
  }
};

export const openDrillIssuer = async (): Promise<DrillIssuer> => {
  const folder = makeFolder();
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const complaints: string[] = [];
  try {
    const config = readConfig(settingsIn(folder, await freePort()));
    const { provider, close } = await start(config, complaints);
    return {
      config,
      provider,
      complaints,
      close: async () => {
        await close().finally(remove);
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
};
