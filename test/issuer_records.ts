// The people and clients of a running issuer, put straight into its store by tests that stand outside it.
import { randomUUID } from 'node:crypto';
import { nodeRsPasswordHasher } from '../src/adapters/node_rs_password_hasher.ts';
import { hashClientSecret } from '../src/client_authentication/client_secret.ts';
import type { Client } from '../src/seams/client_store.ts';
import type { Store } from '../src/seams/store.ts';
import type { User } from '../src/seams/user_store.ts';
import { makeClient, makeUser } from './contracts/records.ts';

export const password = 'nine quiet otters juggling';

/** The password of everybody, hashed once for a test file: hashing is slow on purpose. */
const passwordHash = nodeRsPasswordHasher.hash(password);

export interface Person {
  readonly sub: string;
  readonly username: string;
  readonly email: string;
  readonly password: string;
}

export interface IssuerRecords {
  /** @param name - a new username; the e-mail address follows it. */
  addPerson(name: string, overrides?: Partial<User>): Promise<Person>;
  /** @param clientSecret - makes the client confidential, by client_secret_basic unless `overrides` say otherwise. */
  addClient(clientId: string, overrides: Partial<Client>, clientSecret?: string): Promise<Client>;
}

const everyScope = ['openid', 'profile', 'email', 'roles', 'offline_access'];

const added = async (adding: Promise<boolean>, what: string): Promise<void> => {
  if (!(await adding)) throw new TypeError(`${what} is there already`);
};

export const issuerRecords = (store: Pick<Store, 'addUser' | 'addClient'>): IssuerRecords => ({
  addPerson: async (name, overrides = {}) => {
    const person = { sub: randomUUID(), username: name, email: `${name}@example.org` };
    const claims = { name: `${name.slice(0, 1).toUpperCase()}${name.slice(1)} Example` };
    const hashed = { passwordHash: await passwordHash };
    await added(store.addUser(makeUser(person.sub, { ...person, claims, ...hashed, ...overrides })), name);
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
    await added(store.addClient(client), clientId);
    return client;
  },
});
