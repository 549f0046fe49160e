// A running issuer in this process, for tests that stand outside it: it listens as `keyturn serve` does, on a database and a
// ring of its own, without the second of CPU that a process and its RSA keys cost. issuer_process.ts starts the process.
import { prepareDevelopment } from '../src/cli/development.ts';
import { serveProvider } from '../src/cli/serve_provider.ts';
import { type Environment, readConfig } from '../src/config.ts';
import { turnRings } from '../src/keys/rotation.ts';
import { openProvider, openRotation, openStore } from '../src/node.ts';
import type { Store } from '../src/seams/store.ts';
import { atFileEnd } from './file_end.ts';
import { freePort } from './free_port.ts';
import { type IssuerRecords, issuerRecords } from './issuer_records.ts';
import { createKeyMaker } from './made_keys.ts';
import { environmentFor, makeFolder } from './running_server.ts';
import { createRecordedLog } from './test_provider.ts';

export interface IssuerHere extends IssuerRecords {
  /** The issuer identifier, which is also where it answers. */
  readonly issuer: string;
  /** On a connection of its own. */
  readonly store: Store;
  /** Drains, and ends. */
  close(): Promise<void>;
}

export const openIssuer = async (environment: Environment = {}): Promise<IssuerHere> => {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const config = readConfig(
    environmentFor(makeFolder(), { KEYTURN_ISSUER: issuer, KEYTURN_PORT: `${port}`, ...environment }),
  );
  const store = await openStore(config);
  await turnRings({ ...(await openRotation(config, store)), generateKey: createKeyMaker() });
  const log = { ...createRecordedLog(), flush: async () => undefined };
  const provider = await openProvider(config, log);
  const serving = await serveProvider(provider, log);
  await prepareDevelopment(provider);
  const close = async (): Promise<void> => {
    forget();
    await serving.stop();
    await store.close();
  };
  const forget = atFileEnd(close);
  return { issuer, store, ...issuerRecords(store), close };
};
