// `keyturn serve`: opens the provider, listens, drains on SIGTERM and SIGINT.
import { listen } from '../adapters/hono_node_server.ts';
import { createPinoLog } from '../adapters/pino_log.ts';
import { createApp } from '../app.ts';
import type { Config } from '../config.ts';
import { directJwks } from '../endpoints/jwks.ts';
import { keepHouse, keepKeysFresh, keepRevocationsFresh, openProvider } from '../node.ts';
import { prepareDevelopment } from './development.ts';

/** EX_IOERR of sysexits.h. */
const diskFailed = 74;
const stopSignals = ['SIGTERM', 'SIGINT'] as const;

const nextStopSignal = (): Promise<string> =>
  new Promise((resolve) => {
    for (const signal of stopSignals) process.once(signal, () => resolve(signal));
  });

/** Closing the database would copy pages that nobody vouches for into the file. */
const endWithoutClosing = async (log: ReturnType<typeof createPinoLog>): Promise<never> => {
  await log.flush();
  process.exit(diskFailed);
};

export const serve = async (config: Config): Promise<void> => {
  const log = createPinoLog(config.logLevel);
  const provider = await openProvider(config, log);
  const { fetch } = createApp(provider);
  const { host, port, maxConnections } = config;
  const stopping = nextStopSignal();
  const server = await listen({
    fetch: (request, bindings) => fetch(request, bindings),
    direct: directJwks(provider),
    host,
    port,
    maxConnections,
    log,
  });
  const stopRefreshing = keepKeysFresh(provider);
  const stopHousekeeping = keepHouse(provider);
  const stopFollowing = keepRevocationsFresh(provider);
  if (config.loopback) process.stdout.write(await prepareDevelopment(provider));
  log.info({ issuer: config.issuer, host, port }, 'listening');
  const fenced = provider.storeFence?.fenced.then((reason) => ({ reason }));
  const end = await Promise.race([stopping.then((signal) => ({ signal })), ...(fenced === undefined ? [] : [fenced])]);
  if ('reason' in end)
    log.error(end, 'nothing is written any more, and this process ends: the next start reads what the disk really has');
  log.info(end, 'draining');
  stopFollowing();
  await server.drain(config.drainSeconds);
  stopRefreshing();
  stopHousekeeping();
  if (provider.storeFence?.reason() !== undefined) return endWithoutClosing(log);
  await provider.keySetReaders.flush().catch((error: unknown) => log.warn({ reason: String(error) }, 'not counted'));
  await provider.store.close();
  log.info({}, 'stopped');
  await log.flush();
};
