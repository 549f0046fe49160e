import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { createJoseKeyVault, parseKekRing } from '../../src/adapters/jose_key_vault.ts';
import { nodeCryptoSigners } from '../../src/adapters/node_crypto_signer.ts';
import { OAuthError } from '../../src/errors.ts';
import { KeyRing, type KeyRingParts } from '../../src/keys/key_ring.ts';
import { turnNow } from '../../src/keys/rotation.ts';
import { KeyVaultError } from '../../src/seams/key_vault.ts';
import type { SigningAlgorithm } from '../../src/seams/signer.ts';
import { StoreUnavailableError } from '../../src/seams/store.ts';
import { signJwt } from '../../src/tokens/jws.ts';
import { createRecordedLog, makeKekRing, type RecordedLog } from '../test_provider.ts';
import {
  lead,
  type OpenRings,
  openEmptyRings,
  openRings,
  period,
  rowAt,
  rowsOf,
  start,
  withStore,
} from './rotation_parts.ts';

interface Node {
  readonly keyRing: KeyRing;
  readonly log: RecordedLog;
}

const nodeOf = (rings: OpenRings, parts: Partial<KeyRingParts> = {}): Node => {
  const log = createRecordedLog();
  return { keyRing: new KeyRing({ ...rings, signers: nodeCryptoSigners, log, ...parts }), log };
};

const startNode = async (rings: OpenRings, parts?: Partial<KeyRingParts>): Promise<Node> => {
  const node = nodeOf(rings, parts);
  await node.keyRing.refresh();
  return node;
};

/** The reason of the refusal, or the kid that signs. */
const signsWith = (keyRing: KeyRing, alg: SigningAlgorithm = 'ES256'): string => {
  try {
    return keyRing.activeSigner(alg).signer.kid;
  } catch (error) {
    if (error instanceof OAuthError) return `${error.failure.status} ${error.reason}`;
    throw error;
  }
};

const refused = '503 signing_unavailable';

/** Damages the wrapped private half of a row. */
const damage = async ({ store }: OpenRings, slot: number, alg: SigningAlgorithm): Promise<void> => {
  const { kid, privateJwe } = await rowAt({ store }, slot, alg);
  await store.rewrapSigningKey(kid, privateJwe ?? '', 'damaged');
};

describe('a node', () => {
  test('makes the first keys, and signs tokens that verify with the key set it serves', async () => {
    const { keyRing } = await startNode(openEmptyRings());
    for (const alg of ['ES256', 'RS256'] as const) {
      const token = await signJwt('at+jwt', { sub: 'anyone' }, keyRing.activeSigner(alg).signer);
      const { protectedHeader } = await jwtVerify(token, createLocalJWKSet(JSON.parse(keyRing.jwkSet().body)));
      expect(protectedHeader).toMatchObject({ alg, kid: signsWith(keyRing, alg) });
    }
  });

  test('before it has read the keys signs nothing, says why, and serves an empty key set', async () => {
    const { keyRing } = nodeOf(await openRings());
    expect(signsWith(keyRing)).toBe(refused);
    expect(keyRing.notSigning()).toContain('have not been read yet');
    expect(JSON.parse(keyRing.jwkSet().body)).toEqual({ keys: [] });
  });

  test('lets the standby sign from the second of its turn, without having read the keys again', async () => {
    const rings = await openRings();
    rings.clock.advance(period - 1);
    const { keyRing } = await startNode(rings);
    expect(signsWith(keyRing)).toBe((await rowAt(rings, 0)).kid);
    rings.clock.advance(1);
    expect(signsWith(keyRing)).toBe((await rowAt(rings, 1)).kid);
  });

  test('tells in how many seconds something happens by itself', async () => {
    const rings = await openRings();
    const wait = await nodeOf(rings).keyRing.refresh();
    expect(wait).toBe(period - lead - rings.policy.snapshotSeconds);
  });

  test('lets no token outlive what is written on its key, and raises that when T was raised', async () => {
    const rings = await openRings();
    const lifetime = async (maxTokenSeconds: number) => {
      const { keyRing } = await startNode({ ...rings, policy: { ...rings.policy, maxTokenSeconds } });
      return keyRing.activeSigner('ES256').longestTokenSeconds;
    };
    expect([await lifetime(60), await lifetime(900), await lifetime(60)]).toEqual([600, 900, 900]);
  });

  test('logs kids and instants, and nothing of the keys', async () => {
    const rings = openEmptyRings();
    const { log } = await startNode(rings);
    const rows = await rowsOf(rings);
    expect(log.records.map(({ message }) => message)).toEqual(rows.map(() => 'key published'));
    const text = JSON.stringify(log.records);
    for (const { privateJwe, publicJwk } of rows)
      for (const secret of [privateJwe, publicJwk.x ?? publicJwk.n]) expect(text).not.toContain(secret);
  });
});

describe('a snapshot older than P', () => {
  test('signs nothing: 503 signing_unavailable; one of exactly P still signs', async () => {
    const rings = await openRings();
    const { keyRing } = await startNode(rings);
    rings.clock.advance(rings.policy.snapshotSeconds);
    expect(signsWith(keyRing)).toBe((await rowAt(rings, 0)).kid);
    expect(keyRing.notSigning()).toBeUndefined();
    rings.clock.advance(1);
    expect(signsWith(keyRing)).toBe(refused);
    expect(keyRing.notSigning()).toBe('the signing keys were last read 31 s ago, at most 30 s are allowed');
  });

  test('goes on being served as key set, and signs again once it is read anew', async () => {
    const rings = await openRings();
    const { keyRing } = await startNode(rings);
    const before = keyRing.jwkSet();
    rings.clock.advance(300);
    expect(keyRing.jwkSet()).toBe(before);
    await keyRing.refresh();
    expect(signsWith(keyRing)).toBe((await rowAt(rings, 0)).kid);
  });

  test('is what a node keeps whose store fails, until it is older than P', async () => {
    const rings = await openRings();
    let failing = false;
    const store = withStore(rings, {
      readSigningKeys: () =>
        failing ? Promise.reject(new StoreUnavailableError('down')) : rings.store.readSigningKeys(),
    });
    const { keyRing } = await startNode(store);
    const before = keyRing.jwkSet();
    failing = true;
    rings.clock.advance(20);
    await expect(keyRing.refresh()).rejects.toThrow(StoreUnavailableError);
    expect(signsWith(keyRing)).toBe((await rowAt(rings, 0)).kid);
    rings.clock.advance(11);
    expect([signsWith(keyRing), keyRing.jwkSet()]).toEqual([refused, before]);
  });

  test('is as old as the moment before it was read, however long the reading took', async () => {
    const rings = await openRings();
    const slow = withStore(rings, {
      readSigningKeys: async () => {
        const found = await rings.store.readSigningKeys();
        rings.clock.advance(20);
        return found;
      },
    });
    const { keyRing } = await startNode(slow);
    rings.clock.advance(10);
    expect(signsWith(keyRing)).not.toBe(refused);
    rings.clock.advance(1);
    expect(signsWith(keyRing)).toBe(refused);
  });
});

describe("a node's clock", () => {
  /** A node whose clock is off the database's by so many seconds. */
  const nodeOff = async (seconds: number): Promise<KeyRing> => {
    const rings = await openRings();
    const { clock } = rings;
    const own = { ...clock, now: () => clock.now() + seconds };
    return (await startNode(rings, { clock: own })).keyRing;
  };

  test.each([5, -5])('that is E off the database signs: %i s', async (offset) => {
    expect(signsWith(await nodeOff(offset))).not.toBe(refused);
  });

  test.each([6, -6])('that is further off signs nothing, and says so: %i s', async (offset) => {
    const keyRing = await nodeOff(offset);
    expect(signsWith(keyRing)).toBe(refused);
    expect(keyRing.notSigning()).toBe("this node's clock is 6 s off the database's, at most 5 s are allowed");
    expect(JSON.parse(keyRing.jwkSet().body).keys.length).toBe(4);
  });

  test('is not off because reading and opening the keys took time', async () => {
    const rings = await openRings();
    const policy = { ...rings.policy, clockErrorSeconds: 0 };
    const unwrap: typeof rings.vault.unwrap = async (...args) => {
      rings.clock.advance(1);
      return rings.vault.unwrap(...args);
    };
    const { keyRing } = await startNode({ ...rings, policy }, { vault: { ...rings.vault, unwrap } });
    expect(keyRing.notSigning()).toBeUndefined();
  });

  test.each([7200, -7200])('that is set by %i s between two readings signs nothing until the next', async (seconds) => {
    const rings = await openRings();
    const { keyRing } = await startNode(rings);
    rings.clock.leap(seconds);
    expect(signsWith(keyRing)).toBe(refused);
    expect(keyRing.notSigning()).toContain('has leapt 7200 s');
    await keyRing.refresh();
    expect(signsWith(keyRing)).not.toBe(refused);
  });

  test('that is E slow at a turn signs without a break, while the turn is carried out and after', async () => {
    const rings = await openRings();
    const slow = { ...rings.clock, now: () => rings.clock.now() - 5 };
    let during: string | undefined;
    const parts = withStore(rings, {
      erasePrivateHalf: (...args) => {
        rings.clock.advance(1);
        during = signsWith(node.keyRing);
        return rings.store.erasePrivateHalf(...args);
      },
    });
    const node = nodeOf(parts, { clock: slow });
    rings.clock.advance(period - 1);
    await node.keyRing.refresh();
    rings.clock.advance(1);
    await node.keyRing.refresh();
    expect(during).toBe((await rowAt(rings, 0)).kid);
    expect(signsWith(node.keyRing)).toBe((await rowAt(rings, 1)).kid);
  });
});

describe('keys that do not open', () => {
  test('the active one: a node without its KEK does not start, and changes nothing though much is due', async () => {
    const rings = await openRings();
    rings.clock.advance(period);
    const before = await rowsOf(rings);
    const vault = createJoseKeyVault(parseKekRing(makeKekRing('kek-other'), 'a test'));
    const { keyRing } = nodeOf(rings, { vault });
    await expect(keyRing.refresh()).rejects.toThrow(KeyVaultError);
    expect(await rowsOf(rings)).toEqual(before);
    expect(signsWith(keyRing)).toBe(refused);
  });

  test('a standby: it is logged, and the node signs', async () => {
    const rings = await openRings();
    await damage(rings, 1, 'ES256');
    const { keyRing, log } = await startNode(rings);
    expect(signsWith(keyRing)).toBe((await rowAt(rings, 0)).kid);
    const [{ level, fields } = {}] = log.records;
    expect([level, fields]).toMatchObject(['error', { kid: (await rowAt(rings, 1)).kid }]);
  });

  test('of one ring do not keep the other from signing', async () => {
    const rings = await openRings();
    await damage(rings, 1, 'RS256');
    rings.clock.advance(period - 1);
    const { keyRing } = await startNode(rings);
    rings.clock.advance(1);
    expect(signsWith(keyRing, 'ES256')).toBe((await rowAt(rings, 1)).kid);
    expect(signsWith(keyRing, 'RS256')).toBe(refused);
    expect(keyRing.notSigning()).toBe('no active RS256 key is open on this node');
  });
});

describe('I4: private keys in memory', () => {
  test('a retired signer is let go: were its key ever to sign again, it would have to be opened anew', async () => {
    const rings = await openRings();
    const early = await rings.store.readSigningKeys();
    const opened: unknown[] = [];
    let read = rings.store.readSigningKeys;
    const { keyRing } = nodeOf(withStore(rings, { readSigningKeys: () => read() }), {
      signers: {
        open: (jwk) => {
          opened.push(jwk.kid);
          return nodeCryptoSigners.open(jwk);
        },
      },
    });
    await keyRing.refresh();
    rings.clock.advance(lead);
    await turnNow('ES256', rings);
    await keyRing.refresh();
    const { kid } = await rowAt(rings, 0);
    const times = () => opened.filter((other) => other === kid).length;
    expect(times()).toBe(1);
    read = () => Promise.resolve({ ...early, databaseNow: start });
    await keyRing.refresh();
    expect(times()).toBe(2);
  });

  test('a key that another process retired is erased from the node within its next reading', async () => {
    const rings = await openRings();
    const { keyRing } = await startNode(rings);
    rings.clock.advance(lead);
    await keyRing.refresh();
    await turnNow('ES256', rings);
    expect(signsWith(keyRing)).toBe((await rowAt(rings, 0)).kid);
    await keyRing.refresh();
    expect(signsWith(keyRing)).toBe((await rowAt(rings, 1)).kid);
  });
});
