// Serves a provider on the port until it is told to stop, and drains: what a process does that serves alone, and each of
// several.
import { listen } from '../adapters/hono_node_server.ts';
import { traceStore } from '../adapters/traced_store.ts';
import { createApp } from '../app.ts';
import { directJwks } from '../endpoints/jwks.ts';
import { keepHouse, keepKeysFresh, keepRevocationsFresh, processesOf } from '../node.ts';
import type { Provider } from '../provider.ts';
import { openTracer } from './watching.ts';

export interface Serving {
  /** Drains, closes the store, and ends. */
  stop(): Promise<void>;
}

export const serveProvider = async (provider: Provider): Promise<Serving> => {
  const { config, log, metrics } = provider;
  const tracer = await openTracer(process.env);
  const { fetch } = createApp(
    tracer === undefined ? provider : { ...provider, store: traceStore(provider.store, tracer) },
  );
  const { host, port } = config;
  const server = await listen({
    fetch: (request, bindings) => fetch(request, bindings),
    direct: directJwks(provider),
    host,
    port,
    maxConnections: Math.ceil(config.maxConnections / processesOf(config)),
    log,
    metrics,
    tracer,
  });
  const stopRefreshing = keepKeysFresh(provider);
  const stopHousekeeping = keepHouse(provider);
  const stopFollowing = keepRevocationsFresh(provider);
  return {
    stop: async () => {
      stopFollowing();
      await server.drain(config.drainSeconds);
      stopRefreshing();
      stopHousekeeping();
      await provider.keySetReaders
        .flush()
        .catch((error: unknown) => log.warn({ reason: String(error) }, 'not counted'));
      await provider.store.close();
      await tracer?.close();
    },
  };
};
