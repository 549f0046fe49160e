// `npm run bench:worker`: what a token and a sign-in cost in workerd beside Node, in CPU of the server's process, in one
// run. In workerd the process has the database in it, and the runner's own front door, which an empty request shows.
import { readdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openBetterSqlite3 } from '../src/adapters/better_sqlite3_store.ts';
import { nodeRsPasswordHasher } from '../src/adapters/node_rs_password_hasher.ts';
import { systemClock } from '../src/adapters/system_clock.ts';
import { hashClientSecret } from '../src/client_authentication/client_secret.ts';
import type { AdministeredStore } from '../src/seams/administered_store.ts';
import { clientDefaults } from '../src/seams/client_store.ts';
import { type SigningAlgorithm, signingAlgorithms } from '../src/seams/signer.ts';
import { createEndUser } from '../test/relying_parties/end_user.ts';
import { buildWorker } from '../test/worker/build_worker.ts';
import { bundleWorker } from '../test/worker/bundled.ts';
import { startWorker } from '../test/worker/running_worker.ts';
import { basicOf, clientCredentialsTarget, tokenRequest } from './contender.ts';
import { cpuSecondsOf } from './cpu_time.ts';
import { benchFolder, databaseIn, startKeyturn } from './keyturn_process.ts';
import { median } from './measure.ts';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, requests: { type: 'string', default: '400' } },
});
const rounds = Number(options.rounds);
const requests = Number(options.requests);
const signIns = Math.ceil(requests / 10);
const atOnce = 8;

const secret = 'a-secret-of-43-characters-as-they-are-made-x';
const password = 'nine quiet otters juggling';
const redirectUri = 'https://rp.bench.example/callback';
const relyingParty = 'bench-relying-party';

interface Runtime {
  readonly name: string;
  readonly issuer: string;
  readonly pid: number;
}

const furnish = async (store: AdministeredStore): Promise<void> => {
  const now = systemClock.now();
  for (const alg of signingAlgorithms)
    await store.addResource({
      ...{ resource: tokenRequest.resourceOf(alg), scope: tokenRequest.scope, accessTokenSigningAlg: alg },
      ...{ accessTokenSeconds: 600, claims: {}, accessTokenClaims: [], statusList: false, createdAt: now },
    });
  const confidential = { ...clientDefaults, clientSecretSha256: hashClientSecret(secret), clientIdIssuedAt: now };
  const resources = signingAlgorithms.map(tokenRequest.resourceOf);
  await store.addClient({
    ...confidential,
    ...{ clientId: tokenRequest.clientId, grantTypes: ['client_credentials'], scope: tokenRequest.scope, resources },
  });
  await store.addClient({
    ...confidential,
    ...{ clientId: relyingParty, grantTypes: ['authorization_code'], scope: ['openid'], resources: [] },
    ...{
      redirectUris: [redirectUri],
      firstParty: true,
      dangerouslyAllowNoPkce: true,
      idTokenSignedResponseAlg: 'ES256',
    },
  });
  const passwordHash = await nodeRsPasswordHasher.hash(password);
  // One for each sign-in that is made, so that no limit of an account is met.
  for (let place = 0; place < signIns; place += 1)
    await store.addUser({
      ...{ sub: `person-${place}`, username: `person-${place}`, email: null, emailVerified: false, passwordHash },
      ...{ passwordChangedAt: now, claims: {}, roles: [], lockedAt: null, createdAt: now, updatedAt: now },
    });
};

const assertStatus = (response: Response, status = 200): Response => {
  if (response.status !== status) throw new Error(`${response.url} answered ${response.status}.`);
  return response;
};

const get = async (url: string): Promise<void> => {
  await assertStatus(await fetch(url)).text();
};

const token = async ({ issuer }: Runtime, alg: SigningAlgorithm): Promise<void> => {
  const { url, ...init } = clientCredentialsTarget(`${issuer}/token`, alg, secret);
  await assertStatus(await fetch(url, init as RequestInit)).text();
};

/** Every request of it: the authorization, the page, the password, the code, the tokens. */
const signIn = async ({ issuer }: Runtime, place: number): Promise<void> => {
  const url = new URL(`${issuer}/authorize`);
  url.search = new URLSearchParams({
    ...{ client_id: relyingParty, redirect_uri: redirectUri, response_type: 'code', scope: 'openid', state: 's' },
  }).toString();
  const journey = await createEndUser(issuer, { username: `person-${place % signIns}`, password }).open(url);
  const form = { grant_type: 'authorization_code', code: journey.url.searchParams.get('code') ?? '' };
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { Authorization: basicOf(relyingParty, secret) },
    body: new URLSearchParams({ ...form, redirect_uri: redirectUri }),
  });
  await assertStatus(response).text();
};

interface Work {
  readonly name: string;
  readonly times: number;
  once(runtime: Runtime, place: number): Promise<void>;
}

const works: readonly Work[] = [
  { name: 'an empty request (/health/live)', times: requests, once: ({ issuer }) => get(`${issuer}/health/live`) },
  { name: 'the key set', times: requests, once: ({ issuer }) => get(`${issuer}/.well-known/jwks.json`) },
  ...signingAlgorithms.map((alg) => ({
    name: `a token, client_credentials ${alg}`,
    times: requests,
    once: (runtime: Runtime) => token(runtime, alg),
  })),
  { name: 'a sign-in, argon2id and all', times: signIns, once: signIn },
];

/** @returns milliseconds of the server's CPU for one. */
const measure = async (runtime: Runtime, { times, once }: Work): Promise<number> => {
  const before = cpuSecondsOf(runtime.pid);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < times) {
      const place = next;
      next += 1;
      await once(runtime, place);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, times) }, worker));
  return ((cpuSecondsOf(runtime.pid) - before) * 1000) / times;
};

/** @returns rows read and written for one, as D1 is billed. */
const countRows = async (runtime: Runtime, { once }: Work): Promise<{ read: number; written: number }> => {
  const times = 5;
  const told = async () =>
    (await (await fetch(`${runtime.issuer}/counts`)).json()) as { read: number; written: number };
  await once(runtime, 0);
  await told();
  for (let place = 1; place <= times; place += 1) await once(runtime, place);
  const { read, written } = await told();
  return { read: read / times, written: written / times };
};

/** The workerd that this process has started. */
const workerdPid = (): number => {
  const found = readdirSync('/proc').find((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      return stat.includes('(workerd)') && Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0]) === process.pid;
    } catch {
      // It ended meanwhile.
      return false;
    }
  });
  if (found === undefined) throw new Error('There is no workerd of this process: this bench needs Linux.');
  return Number(found);
};

const limitless = { KEYTURN_CLIENT_REQUESTS_PER_SECOND: '0', KEYTURN_LOG_LEVEL: 'error' };
const folder = benchFolder();
const onNode = await startKeyturn(folder, limitless);
const database = openBetterSqlite3(databaseIn(folder), systemClock);
const inWorkerd = await startWorker({
  workerFolder: await buildWorker(),
  environment: limitless,
  addressLimit: false,
});
const runtimes: readonly Runtime[] = [
  { name: `Node ${process.versions.node}`, issuer: onNode.issuer, pid: onNode.pid },
  { name: 'workerd', issuer: inWorkerd.issuer, pid: workerdPid() },
];
try {
  await furnish(database.store);
  await furnish(inWorkerd.store);
  const measured = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round += 1)
    for (const work of works)
      for (const runtime of runtimes) {
        const milliseconds = await measure(runtime, work);
        const key = `${work.name} ${runtime.name}`;
        // The first round is for warming up.
        if (round > 0) measured.set(key, [...(measured.get(key) ?? []), milliseconds]);
      }
  const figure = (work: Work, { name }: Runtime): string =>
    median(measured.get(`${work.name} ${name}`) ?? []).toFixed(2);
  const columns = (name: string, ...figures: readonly string[]): string =>
    name.padEnd(36) + figures.map((text) => text.padStart(14)).join('');
  console.log(`CPU of the server's process in ms for one, medians of ${rounds} rounds:\n`);
  console.log(columns('', ...runtimes.map(({ name }) => name)));
  for (const work of works) console.log(columns(work.name, ...runtimes.map((runtime) => figure(work, runtime))));
  await inWorkerd.close();
  const counting = await startWorker({
    workerFolder: await bundleWorker('bench/counting_worker.js'),
    environment: limitless,
    addressLimit: false,
  });
  await furnish(counting.store);
  console.log('\nRows of D1 for one, as they are billed (an index counts too):\n');
  console.log(columns('', 'read', 'written'));
  for (const work of works) {
    const { read, written } = await countRows({ name: 'counting', issuer: counting.issuer, pid: 0 }, work);
    console.log(columns(work.name, read.toFixed(1), written.toFixed(1)));
  }
  await counting.close();
} finally {
  await database.store.close();
  await onNode.stop();
}
process.exit();
