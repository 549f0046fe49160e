// What every SigningKeyStore must do, whatever database is behind it.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../../src/seams/clock.ts';
import type {
  NewSigningKey,
  Revocation,
  SigningKeyRecord,
  SigningKeyStore,
} from '../../src/seams/signing_key_store.ts';
import { type OpenedStore, type OpenStore, race } from './opened_store.ts';

const now = 1_800_000_000;

const newKey = (slot: number, overrides: Partial<NewSigningKey> = {}): NewSigningKey => ({
  alg: 'ES256',
  slot,
  kid: `kid-${slot}`,
  publicJwk: { kty: 'EC', crv: 'P-256', x: `x-${slot}`, y: 'y', kid: `kid-${slot}`, use: 'sig', alg: 'ES256' },
  privateJwe: `jwe-${slot}`,
  publishedAt: now,
  activatesAt: now + slot * 1000,
  longestTokenSeconds: 600,
  ...overrides,
});

const rowOf = (key: NewSigningKey, overrides: Partial<SigningKeyRecord> = {}): SigningKeyRecord => ({
  ...key,
  erasedAt: null,
  revokedAt: null,
  revocationReason: null,
  ...overrides,
});

const revocationOf = (overrides: Partial<Revocation> = {}): Revocation => ({
  kid: 'kid-0',
  reason: 'leaked',
  revokedAt: now + 10,
  promotedKid: 'kid-1',
  successor: newKey(2, { activatesAt: now + 210 }),
  ...overrides,
});

/** @param hasOwnClock - the database's time is the database's own, whatever the node's clock says. */
export const describeSigningKeyStore = (
  name: string,
  open: OpenStore<SigningKeyStore>,
  { hasOwnClock = false }: { readonly hasOwnClock?: boolean } = {},
): void => {
  describe(`SigningKeyStore on ${name}`, () => {
    let time = now;
    const clock: Clock = { now: () => time, monotonicSeconds: () => time };
    let opened: OpenedStore<SigningKeyStore>;
    let store: SigningKeyStore;

    beforeEach(async () => {
      time = now;
      opened = await open(clock);
      store = opened.store;
    });
    afterEach(() => opened.close());

    const publish = async (...keys: readonly NewSigningKey[]): Promise<void> => {
      for (const key of keys) expect(await store.publishSigningKey(key)).toBe(true);
    };
    /** As the other node reads them. */
    const rows = async (): Promise<readonly SigningKeyRecord[]> => (await opened.other.readSigningKeys()).keys;
    const unchangedBy = async (act: () => Promise<unknown>): Promise<void> => {
      const before = await rows();
      await act();
      expect(await rows()).toEqual(before);
    };

    describe('readSigningKeys', () => {
      test('finds nothing in a new database', async () => {
        expect((await store.readSigningKeys()).keys).toEqual([]);
      });

      test("brings the database's time of the moment of reading", async () => {
        time = now + 77;
        const { databaseNow } = await store.readSigningKeys();
        if (hasOwnClock) {
          expect(Number.isInteger(databaseNow)).toBe(true);
          expect(Math.abs(databaseNow - Date.now() / 1000)).toBeLessThan(10);
        } else {
          expect(databaseNow).toBe(now + 77);
        }
      });

      test('gives every key as it was published, by alg and slot', async () => {
        const rs256 = newKey(0, { alg: 'RS256', kid: 'rs-0', publicJwk: { kty: 'RSA', n: 'n', e: 'AQAB' } });
        await publish(newKey(1), rs256, newKey(0));
        expect(await rows()).toEqual([rowOf(newKey(0)), rowOf(newKey(1)), rowOf(rs256)]);
      });
    });

    describe('publishSigningKey', () => {
      test('fills a slot once, whoever comes later with another key', async () => {
        await publish(newKey(0));
        await unchangedBy(async () => {
          expect(await opened.other.publishSigningKey(newKey(0, { kid: 'late' }))).toBe(false);
        });
      });

      test('I7: takes a kid once, in whatever slot', async () => {
        await publish(newKey(0));
        await unchangedBy(async () => {
          expect(await store.publishSigningKey(newKey(1, { kid: 'kid-0' }))).toBe(false);
        });
      });

      test('I10: of nodes that fill one slot at once one wins', async () => {
        const made = await race(opened, (verbs) => verbs.publishSigningKey(newKey(0, { kid: crypto.randomUUID() })));
        expect(made.filter(Boolean).length).toBe(1);
        expect((await rows()).length).toBe(1);
      });
    });

    describe('what was planned before', () => {
      test('is done up to the latest instant, by the time of the database, and not after it', async () => {
        await publish(newKey(0), newKey(1));
        // Years before and after, whatever clock the database has.
        const [late, latest] = [1_600_000_000, 4_000_000_000];
        const revocation = revocationOf({ successor: newKey(2) });
        await unchangedBy(async () => {
          expect(await store.publishSigningKey(newKey(2), late)).toBe(false);
          expect(await store.activateSigningKeys([{ kid: 'kid-1', activatesAt: now + 5 }], late)).toBe(false);
          expect(await store.revokeSigningKey(revocation, late)).toBe(false);
        });
        expect(await store.activateSigningKeys([{ kid: 'kid-1', activatesAt: now + 500 }], latest)).toBe(true);
        expect(await store.publishSigningKey(newKey(3), latest)).toBe(true);
        expect(await store.revokeSigningKey(revocation, latest)).toBe(true);
      });
    });

    describe('activateSigningKeys', () => {
      test("moves a standby's turn to an instant before it", async () => {
        await publish(newKey(0), newKey(1));
        expect(await store.activateSigningKeys([{ kid: 'kid-1', activatesAt: now + 5 }])).toBe(true);
        expect(await rows()).toEqual([rowOf(newKey(0)), rowOf(newKey(1, { activatesAt: now + 5 }))]);
      });

      test('does nothing to a key whose turn is at that instant or was before it', async () => {
        await publish(newKey(1));
        await unchangedBy(async () => {
          expect(await store.activateSigningKeys([{ kid: 'kid-1', activatesAt: now + 1000 }])).toBe(false);
          expect(await store.activateSigningKeys([{ kid: 'kid-1', activatesAt: now + 1001 }])).toBe(false);
        });
        expect(await store.activateSigningKeys([{ kid: 'kid-1', activatesAt: now + 999 }])).toBe(true);
      });

      test('does nothing to a revoked key, and nothing where there is none', async () => {
        await publish(newKey(1));
        await store.revokeSigningKey(revocationOf({ kid: 'kid-1', promotedKid: null, successor: null }));
        await unchangedBy(async () => {
          expect(await store.activateSigningKeys([{ kid: 'kid-1', activatesAt: now + 5 }])).toBe(false);
          expect(await store.activateSigningKeys([{ kid: 'kid-9', activatesAt: now + 5 }])).toBe(false);
        });
      });

      test('moves the turns of several, or, where one is none that may, of none', async () => {
        await publish(newKey(0), newKey(1), newKey(2));
        const [first, second] = [
          { kid: 'kid-1', activatesAt: now + 5 },
          { kid: 'kid-2', activatesAt: now + 6 },
        ];
        await unchangedBy(async () => {
          expect(await store.activateSigningKeys([first, { kid: 'kid-9', activatesAt: now + 5 }])).toBe(false);
        });
        expect(await store.activateSigningKeys([first, second])).toBe(true);
        expect(await rows()).toEqual([
          rowOf(newKey(0)),
          rowOf(newKey(1, { activatesAt: now + 5 })),
          rowOf(newKey(2, { activatesAt: now + 6 })),
        ]);
      });

      test('of nodes that turn to one standby at once one wins', async () => {
        await publish(newKey(1));
        const turned = await race(opened, (verbs) =>
          verbs.activateSigningKeys([{ kid: 'kid-1', activatesAt: now + 5 }]),
        );
        expect(turned.filter(Boolean).length).toBe(1);
      });
    });

    describe('erasePrivateHalf', () => {
      test('erases one private half, and says when', async () => {
        await publish(newKey(0), newKey(1));
        expect(await store.erasePrivateHalf('kid-0', now + 5)).toBe(true);
        expect(await rows()).toEqual([rowOf(newKey(0), { privateJwe: null, erasedAt: now + 5 }), rowOf(newKey(1))]);
      });

      test('again, or where there is none, changes nothing: the first instant stands', async () => {
        await publish(newKey(0));
        await store.erasePrivateHalf('kid-0', now + 5);
        await unchangedBy(async () => {
          expect(await opened.other.erasePrivateHalf('kid-0', now + 6)).toBe(false);
          expect(await store.erasePrivateHalf('kid-9', now + 6)).toBe(false);
        });
      });
    });

    describe('raiseLongestToken', () => {
      test('raises the keys of one ring that still have their private half, and lowers none', async () => {
        const keys = [newKey(0), newKey(1), newKey(2, { longestTokenSeconds: 900 })];
        const other = newKey(0, { alg: 'RS256', kid: 'rs-0' });
        await publish(...keys, other);
        await store.erasePrivateHalf('kid-0', now + 5);
        await store.raiseLongestToken('ES256', 700);
        expect((await rows()).map((row) => row.longestTokenSeconds)).toEqual([600, 700, 900, 600]);
        await unchangedBy(() => store.raiseLongestToken('ES256', 60));
      });
    });

    describe('revokeSigningKey', () => {
      beforeEach(() => publish(newKey(0), newKey(1)));

      test('revokes, erases, promotes and publishes in one step', async () => {
        expect(await store.revokeSigningKey(revocationOf())).toBe(true);
        const revoked = { privateJwe: null, erasedAt: now + 10, revokedAt: now + 10, revocationReason: 'leaked' };
        expect(await rows()).toEqual([
          rowOf(newKey(0), revoked),
          rowOf(newKey(1, { activatesAt: now + 10 })),
          rowOf(newKey(2, { activatesAt: now + 210 })),
        ]);
      });

      test('keeps the instant at which a retired key was erased', async () => {
        await store.erasePrivateHalf('kid-0', now + 3);
        await store.revokeSigningKey(revocationOf({ promotedKid: null, successor: null }));
        expect((await rows())[0]).toMatchObject({ erasedAt: now + 3, revokedAt: now + 10 });
      });

      test('of a key that is revoked already does nothing at all', async () => {
        await store.revokeSigningKey(revocationOf());
        await unchangedBy(async () => {
          const again = revocationOf({ reason: 'again', promotedKid: null, successor: newKey(3) });
          expect(await opened.other.revokeSigningKey(again)).toBe(false);
        });
      });

      test.each([
        ['the slot of the successor is taken', revocationOf({ successor: newKey(1, { kid: 'kid-new' }) })],
        ['the kid of the successor is taken', revocationOf({ successor: newKey(2, { kid: 'kid-1' }) })],
        ['the standby to promote has had its turn', revocationOf({ revokedAt: now + 1000 })],
        ['there is no standby of that kid', revocationOf({ promotedKid: 'kid-9' })],
        ['there is no such key', revocationOf({ kid: 'kid-9' })],
      ])('does nothing at all where %s', async (_, revocation) => {
        await unchangedBy(async () => expect(await store.revokeSigningKey(revocation)).toBe(false));
      });

      test('does nothing at all where the standby to promote is revoked', async () => {
        await store.revokeSigningKey(revocationOf({ kid: 'kid-1', promotedKid: null, successor: null }));
        await unchangedBy(async () => expect(await store.revokeSigningKey(revocationOf())).toBe(false));
      });

      test('of nodes that revoke one key at once one wins, and there is one successor', async () => {
        const revoked = await race(opened, (verbs) => {
          const successor = newKey(2, { kid: crypto.randomUUID() });
          return verbs.revokeSigningKey(revocationOf({ successor }));
        });
        expect(revoked.filter(Boolean).length).toBe(1);
        expect((await rows()).length).toBe(3);
      });
    });

    describe('rewrapSigningKey', () => {
      test('replaces the ciphertext it was given, and nothing else', async () => {
        await publish(newKey(0), newKey(1));
        expect(await store.rewrapSigningKey('kid-0', 'jwe-0', 'jwe-new')).toBe(true);
        expect(await rows()).toEqual([rowOf(newKey(0), { privateJwe: 'jwe-new' }), rowOf(newKey(1))]);
      });

      test('does nothing where the ciphertext changed meanwhile, or was erased', async () => {
        await publish(newKey(0), newKey(1));
        await store.erasePrivateHalf('kid-1', now + 5);
        await unchangedBy(async () => {
          expect(await store.rewrapSigningKey('kid-0', 'jwe-old', 'jwe-new')).toBe(false);
          expect(await store.rewrapSigningKey('kid-1', 'jwe-1', 'jwe-new')).toBe(false);
        });
      });

      test('of nodes that rewrap one key at once one wins', async () => {
        await publish(newKey(0));
        const moved = await race(opened, (verbs) =>
          verbs.rewrapSigningKey('kid-0', 'jwe-0', `jwe-${crypto.randomUUID()}`),
        );
        expect(moved.filter(Boolean).length).toBe(1);
      });
    });
  });
};
