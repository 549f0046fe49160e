// Stands in for ../issuer_process.ts in the project `worker flows`, so that what tests there run unchanged: the same verbs
// on the Worker in workerd, its people and clients put in through its administration.
import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { nodeRsPasswordHasher } from '../../src/adapters/node_rs_password_hasher.ts';
import { hashClientSecret } from '../../src/client_authentication/client_secret.ts';
import type { Environment } from '../../src/config.ts';
import type { AdministeredStore } from '../../src/seams/administered_store.ts';
import type { Client } from '../../src/seams/client_store.ts';
import type { User } from '../../src/seams/user_store.ts';
import { makeClient, makeUser } from '../contracts/records.ts';
import { makeFolder, type Outcome, removeFolder, runCli } from '../running_server.ts';
import { startWorker } from './running_worker.ts';

export const password = 'nine quiet otters juggling';

/** Hashed on Node, verified in WebAssembly. */
const passwordHash = nodeRsPasswordHasher.hash(password);

export interface Person {
  readonly sub: string;
  readonly username: string;
  readonly email: string;
  readonly password: string;
}

export interface IssuerProcess {
  readonly issuer: string;
  readonly store: AdministeredStore;
  addPerson(name: string, overrides?: Partial<User>): Promise<Person>;
  addClient(clientId: string, overrides: Partial<Client>, clientSecret?: string): Promise<Client>;
  /** Runs `keyturn --remote ISSUER ARGS`. */
  runCli(args: readonly string[]): Promise<Outcome>;
  close(): Promise<string>;
}

const everyScope = ['openid', 'profile', 'email', 'roles', 'offline_access'];

export const startIssuer = async (environment: Environment = {}): Promise<IssuerProcess> => {
  const worker = await startWorker({ workerFolder: inject('workerFolder'), environment });
  const { issuer, store, token } = worker;
  const folder = makeFolder();
  const add = async (added: Promise<boolean>, what: string): Promise<void> => {
    if (!(await added)) throw new TypeError(`${what} is there already`);
  };
  return {
    issuer,
    store,
    addPerson: async (name, overrides = {}) => {
      const person = { sub: randomUUID(), username: name, email: `${name}@example.org` };
      const claims = { name: `${name.slice(0, 1).toUpperCase()}${name.slice(1)} Example` };
      const hashed = { passwordHash: await passwordHash };
      await add(store.addUser(makeUser(person.sub, { ...person, claims, ...hashed, ...overrides })), name);
      return { ...person, password };
    },
    addClient: async (clientId, overrides, clientSecret) => {
      const client = makeClient(clientId, {
        clientName: `Client ${clientId}`,
        scope: everyScope,
        ...(clientSecret !== undefined && {
          tokenEndpointAuthMethod: 'client_secret_basic',
          clientSecretSha256: hashClientSecret(clientSecret),
        }),
        ...overrides,
      });
      await add(store.addClient(client), clientId);
      return client;
    },
    runCli: (args) => runCli(['--remote', issuer, ...args], folder, { KEYTURN_ADMIN_TOKEN: token }),
    close: async () => {
      await worker.close();
      removeFolder(folder);
      return worker.logged.join('\n');
    },
  };
};
