import { beforeAll, describe, expect, test } from 'vitest';
import { createJoseKeyVault, parseKekRing } from '../../src/adapters/jose_key_vault.ts';
import { wrappingContextOf } from '../../src/keys/open_key.ts';
import {
  addClient,
  addResource,
  basic,
  createTestProvider,
  formContentType,
  makeKekRing,
  registeredSecret,
  type TestProvider,
} from '../test_provider.ts';

const kekRing = makeKekRing();
const paths = [
  '/',
  '/timeline.svg',
  '/.well-known/jwks.json',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  '/health/live',
  '/health/ready',
  '/token',
  '/nowhere',
];

let provider: TestProvider;
const secrets: string[] = [];
const said: string[] = [];

const note = async (asked: Response | Promise<Response>): Promise<void> => {
  const response = await asked;
  said.push([...response.headers].flat().join('\n'), await response.text());
};

/** Tokens first: who asks for the key set has an old view of the keys read anew. */
const askEverything = async (): Promise<void> => {
  for (const body of ['', '%', 'grant_type=password', 'grant_type=client_credentials'])
    await note(
      provider.app.request('/token', {
        method: 'POST',
        headers: { 'Content-Type': formContentType, Authorization: basic('client') },
        body,
      }),
    );
  for (const path of paths)
    for (const method of ['GET', 'POST', 'OPTIONS', 'DELETE']) await note(provider.app.request(path, { method }));
};

beforeAll(async () => {
  provider = await createTestProvider({ kekRing });
  const { store, config, clock, keyRing } = provider;
  await addResource(store);
  await addClient(store, 'client');
  const vault = createJoseKeyVault(parseKekRing(kekRing, 'a test'));
  for (const key of keyRing.keys) {
    if (key.privateJwe === null) continue;
    const jwk = await vault.unwrap(key.privateJwe, wrappingContextOf(config.issuer, key));
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const)
      if (jwk[member] !== undefined) secrets.push(jwk[member]);
    secrets.push(key.privateJwe);
  }
  await askEverything();
  clock.advance(config.policy.periodSeconds);
  await keyRing.refresh();
  await askEverything();
  clock.advance(config.policy.snapshotSeconds + 1);
  await askEverything();
  await store.close();
  await askEverything();
});

describe('T030: the private half of a key never leaves, RFC 7517 §9.2', () => {
  test('no answer of any endpoint, with any method, in any state of the node, holds a private member', () => {
    expect(secrets).toHaveLength(2 * 2 + 2 * 7);
    expect(said.join('\n')).toContain('"access_token"');
    expect(said.join('\n')).toContain('temporarily_unavailable');
    for (const text of said) for (const secret of secrets) expect(text.includes(secret)).toBe(false);
    for (const text of said) expect(text).not.toMatch(/"(d|p|q|dp|dq|qi|k|oth)":/);
  });

  test('nor does the log, whatever failed', () => {
    const log = JSON.stringify(provider.log.records);
    expect(provider.log.records.filter(({ level }) => level === 'error').length).toBeGreaterThan(0);
    for (const secret of [...secrets, registeredSecret]) expect(log.includes(secret)).toBe(false);
  });
});
