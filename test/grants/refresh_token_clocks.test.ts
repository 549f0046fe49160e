import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createJoseKeyVault, parseKekRing } from '../../src/adapters/jose_key_vault.ts';
import { nodeCryptoSigners } from '../../src/adapters/node_crypto_signer.ts';
import { type App, createApp } from '../../src/app.ts';
import { KeyRing } from '../../src/keys/key_ring.ts';
import { cheapHasher, openPeople, type People } from '../people.ts';
import { expectRefusal, obtainTokens, readAnswer, refresh } from '../token_requests.ts';

const kekRing = JSON.stringify({ keys: [{ kty: 'oct', kid: 'kek', k: randomBytes(32).toString('base64url') }] });
const vault = createJoseKeyVault(parseKekRing(kekRing, 'a test'));
let people: People;

beforeAll(async () => {
  people = await openPeople({ kekRing, passwordHasher: cheapHasher });
});

afterAll(() => people.store.close());

/** A node on the same database, whose clock is off that of the database. */
const openNodeOff = async (seconds: number): Promise<App> => {
  const clock = { ...people.clock, now: () => people.clock.now() + seconds };
  const { config, store, log } = people;
  const keyRing = new KeyRing({ ...config, store, vault, clock, signers: nodeCryptoSigners, log });
  await keyRing.refresh();
  return createApp({ ...people, clock, keyRing });
};

describe('nodes whose clocks are E off, the one slow and the other fast', () => {
  test.each([
    [-1, 1],
    [1, -1],
  ])('T081: keep the retry window as it is: by %i E and then by %i E', async (first, second) => {
    const { policy, refreshRetrySeconds } = people.config;
    const spends = await openNodeOff(first * policy.clockErrorSeconds);
    const repeats = await openNodeOff(second * policy.clockErrorSeconds);
    const { refresh_token } = await obtainTokens(people.app, people.openBrowser(), { scope: 'openid offline_access' });
    const answer = await readAnswer(await refresh(spends, refresh_token));
    people.clock.advance(refreshRetrySeconds - 1);
    expect(await readAnswer(await refresh(repeats, refresh_token))).toEqual(answer);
    people.clock.advance(1);
    await expectRefusal(await refresh(repeats, refresh_token), 'invalid_grant');
  });
});
