// Keyturn in this process, the same but for one thing: each write is a transaction of its own, waited for on its own.
import { connect } from '../../src/adapters/better_sqlite3_connection.ts';
import { openSqliteDatabase } from '../../src/adapters/better_sqlite3_database.ts';
import { listen } from '../../src/adapters/hono_node_server.ts';
import { createPinoLog } from '../../src/adapters/pino_log.ts';
import { composeSqlStore } from '../../src/adapters/sql_store.ts';
import { systemClock } from '../../src/adapters/system_clock.ts';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { keepKeysFresh, openProvider } from '../../src/node.ts';
import { freePort } from '../../test/free_port.ts';
import { commitEach } from '../commit_each.ts';
import { announce } from '../contender.ts';
import { fillDatabase, keyturnContender } from '../keyturn_facts.ts';
import { benchFolder, databaseIn, placesIn } from '../keyturn_process.ts';

const folder = benchFolder();
const path = databaseIn(folder);
const facts = await fillDatabase(path);
const config = readConfig(placesIn(folder, `http://127.0.0.1:${await freePort()}`));
const log = createPinoLog(config.logLevel);

const database = openSqliteDatabase(path);
const connection = connect(database, commitEach(database));
const provider = await openProvider(config, log, composeSqlStore(connection, systemClock));
keepKeysFresh(provider);
const { fetch } = createApp(provider);
const { host, port, maxConnections } = config;
await listen({ fetch: (request, bindings) => fetch(request, bindings), host, port, maxConnections, log });

const contender = await keyturnContender(config.issuer, process.pid, facts);
announce({ ...contender, targets: {} });
