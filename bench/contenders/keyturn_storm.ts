// Keyturn with a hundred people who may sign in, each from an address of their own, which a proxy tells.
import { openBetterSqlite3 } from '../../src/adapters/better_sqlite3_store.ts';
import { nodeRsPasswordHasher } from '../../src/adapters/node_rs_password_hasher.ts';
import { systemClock } from '../../src/adapters/system_clock.ts';
import { announce } from '../contender.ts';
import { fillDatabase, keyturnContender, storedUser } from '../keyturn_facts.ts';
import { benchFolder, databaseIn, startKeyturn } from '../keyturn_process.ts';
import { people, sharedPassword } from '../storm/person.ts';

const folder = benchFolder();
const facts = await fillDatabase(databaseIn(folder));
const { store } = openBetterSqlite3(databaseIn(folder), systemClock);
const passwordHash = await nodeRsPasswordHasher.hash(sharedPassword);
await Promise.all(people.map((username) => store.addUser(storedUser(username, passwordHash))));
await store.close();

const { issuer, pid, stop } = await startKeyturn(folder, { KEYTURN_TRUSTED_PROXIES: '1' });
announce(await keyturnContender(issuer, pid, facts), stop);
