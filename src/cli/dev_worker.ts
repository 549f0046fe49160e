// `npm run dev:worker`: the Worker in a local workerd, from a clean clone and offline: makes its secrets, its database, a
// first client and somebody to sign in as, and triggers its cron as Cloudflare would.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { nodeRsPasswordHasher } from '../adapters/node_rs_password_hasher.ts';
import { createRemoteStore, readRemoteSettings } from '../adapters/remote_store.ts';
import { systemClock } from '../adapters/system_clock.ts';
import { readConfig } from '../config.ts';
import { prepareDevelopment } from './development.ts';

const port = Number(process.env.PORT || 8787);
const issuer = `http://localhost:${port}`;
const secretsFile = '.dev.vars';
/** As in wrangler.toml. */
const cronSeconds = 60;
const readyWithinSeconds = 120;

const require = createRequire(import.meta.url);
const wrangler = join(dirname(require.resolve('wrangler/package.json')), 'bin/wrangler.js');
const environment = {
  ...process.env,
  WRANGLER_SEND_METRICS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
};

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** Made once; whoever has it opens the keys of the local database. */
const makeSecrets = (): void => {
  if (existsSync(secretsFile)) return;
  const kek = { kty: 'oct', kid: `kek-${randomBytes(6).toString('hex')}`, k: randomBytes(32).toString('base64url') };
  const lines = [
    `KEYTURN_KEK_RING=${JSON.stringify({ keys: [kek] })}`,
    `KEYTURN_ADMIN_TOKEN=${randomBytes(32).toString('base64url')}`,
  ];
  writeFileSync(secretsFile, `${lines.join('\n')}\n`, { mode: 0o600, flag: 'wx' });
  say(`Made ${secretsFile} with a key-encryption key and an administration token; git ignores it.`);
};

const readToken = (): string => {
  const token = /^KEYTURN_ADMIN_TOKEN=["']?([\w-]+)/m.exec(readFileSync(secretsFile, 'utf8'))?.[1];
  if (token === undefined)
    throw new Error(`${secretsFile} has no KEYTURN_ADMIN_TOKEN. Remove it, and a new one is made.`);
  return token;
};

const run = (args: readonly string[], output: 'ignore' | 'inherit'): ChildProcess =>
  spawn(process.execPath, [wrangler, ...args], { env: environment, stdio: ['ignore', output, 'inherit'] });

const applyMigrations = async (): Promise<void> => {
  const child = run(['d1', 'migrations', 'apply', 'keyturn', '--local'], 'ignore');
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error('The migrations could not be applied to the local database; wrangler said why.');
};

const answers = async (path: string): Promise<boolean> => {
  try {
    const response = await fetch(`${issuer}${path}`);
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
};

const untilReady = async (server: ChildProcess): Promise<void> => {
  for (let waited = 0; waited < readyWithinSeconds; waited += 1) {
    if (server.exitCode !== null) throw new Error('wrangler dev ended; it said why.');
    if (await answers('/health/ready')) return;
    await wait(1000);
  }
  throw new Error(`The Worker was not ready within ${readyWithinSeconds} s.`);
};

makeSecrets();
await applyMigrations();
const server = run(
  [
    'dev',
    '--ip',
    '127.0.0.1',
    '--port',
    `${port}`,
    '--var',
    `KEYTURN_ISSUER:${issuer}`,
    '--show-interactive-dev-session=false',
  ],
  'inherit',
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.kill(signal));
server.once('close', (code) => process.exit(code ?? 0));
await untilReady(server);

const remote = { issuer, token: readToken() };
const command = `KEYTURN_ADMIN_TOKEN=$(sed -n 's/^KEYTURN_ADMIN_TOKEN=//p' ${secretsFile}) npx keyturn --remote ${issuer}`;
const config = readConfig(await readRemoteSettings(remote));
const store = createRemoteStore(remote);
say(await prepareDevelopment({ config, store, clock: systemClock, passwordHasher: nodeRsPasswordHasher }, command));
say(`To administer it:\n\n  ${command} keys list\n`);
setInterval(() => answers('/cdn-cgi/local/scheduled'), cronSeconds * 1000);
