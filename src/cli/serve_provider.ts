// Serves a provider on the port until it is told to stop, and drains: what a process does that serves alone, and each of
// several.
import { type Listening, listen } from '../adapters/hono_node_server.ts';
import { connectionsThatFit } from '../adapters/open_files.ts';
import type { FlushedLog } from '../adapters/pino_log.ts';
import { traceStore } from '../adapters/traced_store.ts';
import { createApp } from '../app.ts';
import { directJwks } from '../endpoints/jwks.ts';
import { fixedHeaders } from '../endpoints/response_headers.ts';
import { keepHouse, keepKeysFresh, keepRevocationsFresh, processesOf } from '../node.ts';
import type { Provider } from '../provider.ts';
import type { Tracer } from '../seams/tracer.ts';
import { openTracer } from './watching.ts';

export interface Serving {
  /** Resolves when a signal came, or when the store failed for good. */
  untilEnd(stopping: Promise<string>): Promise<void>;
  /** Drains, closes the store, and ends. After a store that failed, so does the process. */
  stop(): Promise<void>;
}

interface Opened {
  readonly server: Listening;
  readonly tracer: Tracer | undefined;
}

/** EX_IOERR of sysexits.h. */
const diskFailed = 74;

/** Closing the database would copy pages that nobody vouches for into the file. */
const endWithoutClosing = async (log: FlushedLog): Promise<never> => {
  await log.flush();
  process.exit(diskFailed);
};

/** @throws {OperatorError} when the address cannot be listened on, or traces cannot be sent. */
const openServer = async (provider: Provider, log: FlushedLog): Promise<Opened> => {
  const { config, metrics } = provider;
  const tracer = await openTracer(process.env);
  const { fetch } = createApp(
    tracer === undefined ? provider : { ...provider, store: traceStore(provider.store, tracer) },
  );
  const { host, port, keepAliveSeconds, databaseConnections } = config;
  const wanted = Math.ceil(config.maxConnections / processesOf(config));
  const server = await listen({
    fetch: (request, bindings) => fetch(request, bindings),
    direct: directJwks(provider),
    fixedHeaders: fixedHeaders(config),
    host,
    port,
    maxConnections: connectionsThatFit(wanted, databaseConnections, log),
    keepAliveSeconds,
    log,
    metrics,
    tracer,
  });
  return { server, tracer };
};

/** @throws {OperatorError} as openServer; the store is closed then. */
export const serveProvider = async (provider: Provider, log: FlushedLog): Promise<Serving> => {
  const { config, storeFence } = provider;
  const { server, tracer } = await openServer(provider, log).catch(async (error: unknown) => {
    // Open connections would keep the process from ending.
    await provider.store.close();
    throw error;
  });
  const stopRefreshing = keepKeysFresh(provider);
  const stopHousekeeping = keepHouse(provider);
  const stopFollowing = keepRevocationsFresh(provider);
  return {
    untilEnd: async (stopping) => {
      const signalled = stopping.then((signal) => ({ signal }));
      const fenced = storeFence?.fenced.then((reason) => ({ reason }));
      const end = await Promise.race([signalled, ...(fenced === undefined ? [] : [fenced])]);
      if ('reason' in end)
        log.error(
          end,
          'nothing is written any more, and this process ends: the next start reads what the disk really has',
        );
      log.info({ pid: process.pid, ...end }, 'draining');
    },
    stop: async () => {
      stopFollowing();
      await server.drain(config.drainSeconds);
      stopRefreshing();
      stopHousekeeping();
      if (storeFence?.reason() !== undefined) return endWithoutClosing(log);
      await provider.keySetReaders
        .flush()
        .catch((error: unknown) => log.warn({ reason: String(error) }, 'not counted'));
      await provider.store.close();
      await tracer?.close();
    },
  };
};
