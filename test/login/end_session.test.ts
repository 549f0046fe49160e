// By which clock that is dated which ends at a browser, and so whether verifiers that follow the feed are told of it.
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createJoseKeyVault, parseKekRing } from '../../src/adapters/jose_key_vault.ts';
import { nodeCryptoSigners } from '../../src/adapters/node_crypto_signer.ts';
import { KeyRing } from '../../src/keys/key_ring.ts';
import { changePassword } from '../../src/login/change_password.ts';
import { endSession } from '../../src/login/end_session.ts';
import type { SignedIn } from '../../src/login/session.ts';
import type { Provider } from '../../src/provider.ts';
import type { Clock } from '../../src/seams/clock.ts';
import { cheapHasher, openPeople, type People, password } from '../people.ts';
import { obtainTokens } from '../token_requests.ts';

const hours = 10_800;

type End = (signedIn: SignedIn, provider: Provider) => Promise<unknown>;

const ends: readonly (readonly [what: string, kind: string, end: End])[] = [
  ['a session that ended', 'sid', ({ session }, provider) => endSession(session, provider)],
  [
    'a password that was changed',
    'family_id',
    (signedIn, provider) => changePassword(password, 'six ravens on a wall', signedIn, provider),
  ],
];

/** The kinds of the marks that tell of what ends on a node with such a clock, which has read the keys before. */
const kindsTold = async (
  end: End,
  openClock: (clock: People['clock']) => Clock,
  meanwhile = (_: People): void => undefined,
) => {
  const kekRing = JSON.stringify({ keys: [{ kty: 'oct', kid: 'kek', k: randomBytes(32).toString('base64url') }] });
  const people = await openPeople({ kekRing, passwordHasher: cheapHasher });
  const { config, store, log, revocations } = people;
  await obtainTokens(people.app, people.openBrowser());
  const user = await store.findUserByLogin('ada');
  const [session] = await store.listSessions(String(user?.sub));
  if (user === undefined || session === undefined) throw new TypeError('nobody is signed in');
  const clock = openClock(people.clock);
  const vault = createJoseKeyVault(parseKekRing(kekRing, 'a test'));
  const keyRing = new KeyRing({ ...config, store, vault, clock, signers: nodeCryptoSigners, log });
  await keyRing.refresh();
  meanwhile(people);
  await end({ user, session }, { ...people, clock, keyRing });
  await revocations.refresh();
  await store.close();
  return revocations.marks().map(({ kind }) => kind);
};

describe.each(ends)('verifiers are told of %s', (_, kind, end) => {
  test('on a node whose clock is hours slow', async () => {
    const slow = (clock: Clock): Clock => ({ ...clock, now: () => clock.now() - hours });
    expect(await kindsTold(end, slow)).toContain(kind);
  });

  test('on a machine that had slept for hours', async () => {
    let slept = 0;
    const asleep = (clock: Clock): Clock => ({ ...clock, monotonicSeconds: () => clock.monotonicSeconds() - slept });
    const kinds = await kindsTold(end, asleep, ({ clock }) => {
      clock.advance(hours);
      slept = hours;
    });
    expect(kinds).toContain(kind);
  });
});
