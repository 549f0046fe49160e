// `keyturn serve`: one process that serves by itself, or the first of several that share the port.
import { assertAddressFree } from '../adapters/listening_address.ts';
import { endWithoutFirstProcess, isSharingProcess } from '../adapters/node_cluster.ts';
import type { Config } from '../config.ts';
import { processesOf } from '../node.ts';
import { serveAlone } from './serve_alone.ts';
import { nextStopSignal } from './stop_signal.ts';

/** @param version - Keyturn's. */
export const serve = async (config: Config, version: string): Promise<void> => {
  const stopping = nextStopSignal(isSharingProcess());
  if (isSharingProcess()) {
    const { serveShared } = await import('./serve_shared.ts');
    return serveShared(config, version, stopping).finally(endWithoutFirstProcess);
  }
  // A database is its issuer's for good, and on loopback another port is another issuer: nothing is made for one that is taken.
  if (config.loopback) await assertAddressFree(config.host, config.port);
  if (processesOf(config) > 1) {
    const { serveProcesses } = await import('./serve_processes.ts');
    return serveProcesses(config, stopping);
  }
  return serveAlone(config, version, stopping);
};
