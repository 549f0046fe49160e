import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createJoseKeyVault, parseKekRing } from '../../src/adapters/jose_key_vault.ts';
import { nodeCryptoSigners } from '../../src/adapters/node_crypto_signer.ts';
import { KeyRing } from '../../src/keys/key_ring.ts';
import { endSession } from '../../src/login/end_session.ts';
import type { Clock } from '../../src/seams/clock.ts';
import type { ManualClock } from '../manual_clock.ts';
import { cheapHasher, openPeople } from '../people.ts';
import { obtainTokens } from '../token_requests.ts';

const hours = 10_800;

/** A node with a clock of its own, and somebody who is signed in. */
const openNode = async (clockOf: (clock: ManualClock) => Clock) => {
  const kekRing = JSON.stringify({ keys: [{ kty: 'oct', kid: 'kek', k: randomBytes(32).toString('base64url') }] });
  const people = await openPeople({ kekRing, passwordHasher: cheapHasher });
  const { config, store, log } = people;
  await obtainTokens(people.app, people.openBrowser());
  const user = await store.findUserByLogin('ada');
  const [session] = await store.listSessions(String(user?.sub));
  if (session === undefined) throw new TypeError('nobody is signed in');
  const clock = clockOf(people.clock);
  const vault = createJoseKeyVault(parseKekRing(kekRing, 'a test'));
  const keyRing = new KeyRing({ ...config, store, vault, clock, signers: nodeCryptoSigners, log });
  await keyRing.refresh();
  return { people, session, provider: { ...people, clock, keyRing } };
};

const marksAfterEnding = async ({ people, session, provider }: Awaited<ReturnType<typeof openNode>>) => {
  await endSession(session, provider);
  await people.revocations.refresh();
  await people.store.close();
  return people.revocations.marks().map(({ kind, value }) => [kind, value]);
};

test('verifiers are told of a session that a node ended whose clock is hours slow', async () => {
  const node = await openNode((clock) => ({ ...clock, now: () => clock.now() - hours }));
  expect(await marksAfterEnding(node)).toContainEqual(['sid', node.session.sid]);
});

test('and of one that ended on a machine which slept for hours, and whose monotonic clock did not go on', async () => {
  const node = await openNode((clock) => {
    const asleepSince = clock.monotonicSeconds();
    return { ...clock, monotonicSeconds: () => asleepSince };
  });
  node.people.clock.advance(hours);
  expect(await marksAfterEnding(node)).toContainEqual(['sid', node.session.sid]);
});
