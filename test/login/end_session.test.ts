import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createJoseKeyVault, parseKekRing } from '../../src/adapters/jose_key_vault.ts';
import { nodeCryptoSigners } from '../../src/adapters/node_crypto_signer.ts';
import { KeyRing } from '../../src/keys/key_ring.ts';
import { endSession } from '../../src/login/end_session.ts';
import { cheapHasher, openPeople } from '../people.ts';
import { obtainTokens } from '../token_requests.ts';

test('verifiers are told of a session that a node ended whose clock is hours slow', async () => {
  const kekRing = JSON.stringify({ keys: [{ kty: 'oct', kid: 'kek', k: randomBytes(32).toString('base64url') }] });
  const people = await openPeople({ kekRing, passwordHasher: cheapHasher });
  const { config, store, log, revocations } = people;
  await obtainTokens(people.app, people.openBrowser());
  const user = await store.findUserByLogin('ada');
  const [session] = await store.listSessions(String(user?.sub));
  if (session === undefined) throw new TypeError('nobody is signed in');
  const clock = { ...people.clock, now: () => people.clock.now() - 10_800 };
  const vault = createJoseKeyVault(parseKekRing(kekRing, 'a test'));
  const keyRing = new KeyRing({ ...config, store, vault, clock, signers: nodeCryptoSigners, log });
  await keyRing.refresh();
  await endSession(session, { ...people, clock, keyRing });
  await revocations.refresh();
  expect(revocations.marks().map(({ kind, value }) => [kind, value])).toContainEqual(['sid', session.sid]);
  await store.close();
});
