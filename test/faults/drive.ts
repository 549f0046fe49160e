// A node that starts, looks after its rings once and ends: what `keyturn serve` does before it listens.
import { readConfig } from '../../src/config.ts';
import { openProvider } from '../../src/node.ts';
import { createRecordedLog } from '../test_provider.ts';

const { store } = await openProvider(readConfig(process.env), createRecordedLog());
await store.close();
