// `npm run real-run -- --minutes 10`: real issuers on one database, real libraries, real turns; a compromise, SIGKILL and
// a clock that is set in between. `--database postgres --nodes 3` lets each issuer have a machine of its own, and also pauses
// one after the other. Prints what happened and every refusal with its story. Exit code 1 when there was one.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfig } from '../../src/config.ts';
import { signingAlgorithms } from '../../src/seams/signer.ts';
import { freePort } from '../free_port.ts';
import { addClient, addResource, registeredSecret } from '../test_provider.ts';
import { startBalancer } from './balancer.ts';
import { openRunDatabase } from './database.ts';
import { openLibraries } from './libraries.ts';
import { createOperator } from './operator.ts';
import { type IssuerProcess, startIssuer } from './processes.ts';
import { createWatch } from './watch.ts';

const { minutes, database, nodes } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    database: { type: 'string', default: 'sqlite' },
    nodes: { type: 'string', default: '3' },
  },
}).values;
const nodeCount = Number(nodes);
if (!(nodeCount >= 2 && nodeCount <= 8)) throw new Error('--nodes takes 2 to 8');
const wholeSeconds = Number(minutes) * 60;
if (!(wholeSeconds >= 60 && wholeSeconds <= 600)) throw new Error('--minutes takes 1 to 10');
const startedAt = Date.now();
const elapsed = (): number => (Date.now() - startedAt) / 1000;
/** For the last tokens, and for everything to end. */
const tailSeconds = 8;

// lead = P + S + max(A, V) + 2E + F = 2 + 1 + 1 + 2 + 1 = 7; grace = P + T + L + 2E = 2 + 4 + 0 + 2 = 8.
const settings = {
  KEYTURN_ROTATION_PERIOD_SECONDS: '10',
  KEYTURN_SNAPSHOT_SECONDS: '2',
  KEYTURN_SHARED_CACHE_SECONDS: '1',
  KEYTURN_JWKS_MAX_AGE_SECONDS: '1',
  KEYTURN_SLOWEST_VERIFIER_SECONDS: '1',
  KEYTURN_CLOCK_ERROR_SECONDS: '1',
  KEYTURN_FETCH_TIMEOUT_SECONDS: '1',
  KEYTURN_LEEWAY_SECONDS: '0',
  KEYTURN_MAX_TOKEN_SECONDS: '4',
  KEYTURN_ACCESS_TOKEN_SECONDS: '4',
  KEYTURN_ID_TOKEN_SECONDS: '4',
  KEYTURN_LOG_LEVEL: 'error',
};
const audiences = { ES256: 'https://es256.example.com', RS256: 'https://rs256.example.com' } as const;
const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const folder = mkdtempSync(join(tmpdir(), 'keyturn-real-run-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const port = await freePort();
const issuer = `http://127.0.0.1:${port}`;
const runDatabase = await openRunDatabase(database, folder, nodeCount);
const environment = {
  ...settings,
  KEYTURN_ISSUER: issuer,
  KEYTURN_DATABASE_URL: runDatabase.url,
  KEYTURN_KEK_RING_FILE: join(folder, 'kek_ring.json'),
};
const { policy } = readConfig(settings);
print(
  `lead ${policy.leadSeconds} s, grace ${policy.graceSeconds} s, period ${policy.periodSeconds} s, tokens ${policy.maxTokenSeconds} s; ${wholeSeconds} s in all`,
);

const issuers: IssuerProcess[] = [];
for (const [place, { environment: clock }] of runDatabase.clocks.entries())
  issuers.push(await startIssuer(`issuer ${place + 1}`, { ...environment, ...clock }));
const store = await runDatabase.openStore();
for (const alg of signingAlgorithms)
  await addResource(store, { resource: audiences[alg], accessTokenSigningAlg: alg, accessTokenSeconds: 4 });
await addClient(store, 'watcher', {
  resources: Object.values(audiences),
  tokenEndpointAuthMethod: 'client_secret_post',
});
const balancer = await startBalancer(port, () => issuers, policy.sharedCacheSeconds);
const jwksUri = `${issuer}/.well-known/jwks.json`;
const { found: libraries, missing } = openLibraries({
  ...{ issuer, jwksUri, cacheSeconds: policy.slowestVerifierSeconds },
  audiences: Object.values(audiences),
});
for (const name of missing) print(`NOT RUN: ${name}`);
for (const { name, cache } of libraries) print(`  ${name.padEnd(15)} ${cache}`);
const watch = createWatch({
  ...{ tokenEndpoint: `${issuer}/token`, jwksUri, audiences, libraries, print },
  ...{ clientId: 'watcher', clientSecret: registeredSecret },
});
const operator = createOperator({
  ...{ store, environment, issuers, libraries, watch, policy },
  clocks: runDatabase.clocks,
  haveMachinesOfTheirOwn: database === 'postgres',
});

const goesOn = (): boolean => elapsed() < wholeSeconds - tailSeconds;
const traffic = watch.run(goesOn);
const work = (async () => {
  await operator.untilSettled();
  while (elapsed() < wholeSeconds - tailSeconds - operator.longestRoundSeconds) await operator.nextAct();
})();
await Promise.all([traffic, work]);

const turns = Object.entries(watch.kids).map(([alg, kids]) => `${alg} ${kids.length - 1}`);
print(
  `turns: ${turns.join(', ')}; tokens ${watch.tokens}, not signed ${watch.notSigned}; ${operator.acts().join(', ')}`,
);
for (const { name } of libraries)
  print(`  ${name.padEnd(15)} verified ${watch.verified.get(name)}, ${operator.refusedAfter(name)}`);
const failures = [...watch.refusals, ...operator.failures()];
const leastTurns = Math.floor((wholeSeconds - 60) / policy.periodSeconds) - 4;
for (const [alg, kids] of Object.entries(watch.kids))
  if (kids.length - 1 < leastTurns)
    failures.push(`the ${alg} ring made only ${kids.length - 1} turns, not ${leastTurns}`);
for (const failure of operator.failures()) print(`FAILED ${failure}`);
print(
  failures.length === 0 ? `no good token was refused, in ${elapsed().toFixed(0)} s` : `${failures.length} failures`,
);

await Promise.all(issuers.map((running) => running.kill('SIGTERM')));
await balancer.close();
await store.close();
await runDatabase.close();
process.exit(failures.length === 0 ? 0 : 1);
