// A running issuer for tests that stand outside it: the server as a child process, its people and clients put straight
// into its database.
import { randomUUID } from 'node:crypto';
import { nodeRsPasswordHasher } from '../src/adapters/node_rs_password_hasher.ts';
import { hashClientSecret } from '../src/client_authentication/client_secret.ts';
import { type Environment, readConfig } from '../src/config.ts';
import { openStore } from '../src/node.ts';
import type { Client } from '../src/seams/client_store.ts';
import type { Store } from '../src/seams/store.ts';
import type { User } from '../src/seams/user_store.ts';
import { makeClient, makeUser } from './contracts/records.ts';
import { environmentFor, makeFolder, type Outcome, removeFolder, runCli, startServer } from './running_server.ts';

export const password = 'nine quiet otters juggling';

/** The password of everybody, hashed once for a test file: hashing is slow on purpose. */
const passwordHash = nodeRsPasswordHasher.hash(password);

export interface Person {
  readonly sub: string;
  readonly username: string;
  readonly email: string;
  readonly password: string;
}

export interface IssuerProcess {
  /** The issuer identifier, which is also where it answers. */
  readonly issuer: string;
  readonly store: Store;
  /** @param name - a new username; the e-mail address follows it. */
  addPerson(name: string, overrides?: Partial<User>): Promise<Person>;
  /** @param clientSecret - makes the client confidential, by client_secret_basic unless `overrides` say otherwise. */
  addClient(clientId: string, overrides: Partial<Client>, clientSecret?: string): Promise<Client>;
  /** Runs `keyturn ARGS` on its database. */
  runCli(args: readonly string[]): Promise<Outcome>;
  /** Ends the server and removes its folder. @returns what it logged. */
  close(): Promise<string>;
}

const everyScope = ['openid', 'profile', 'email', 'roles', 'offline_access'];

export const startIssuer = async (environment: Environment = {}): Promise<IssuerProcess> => {
  const folder = makeFolder();
  const server = await startServer(folder, environment);
  const store = await openStore(readConfig(environmentFor(folder, {})));
  const add = async (added: Promise<boolean>, what: string): Promise<void> => {
    if (!(await added)) throw new TypeError(`${what} is there already`);
  };
  return {
    issuer: server.issuer,
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
    runCli: (args) => runCli(args, folder, { KEYTURN_ISSUER: server.issuer, ...environment }),
    close: async () => {
      await store.close();
      await server.stop();
      removeFolder(folder);
      return server.stdout();
    },
  };
};
