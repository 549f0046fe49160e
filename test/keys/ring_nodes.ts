// Nodes over the rings of rotation_parts.ts, and what became of them.
import { nodeCryptoSigners } from '../../src/adapters/node_crypto_signer.ts';
import { OAuthError } from '../../src/errors.ts';
import { KeyRing, type KeyRingParts } from '../../src/keys/key_ring.ts';
import type { SigningAlgorithm } from '../../src/seams/signer.ts';
import { createRecordedLog, type RecordedLog } from '../test_provider.ts';
import { type OpenRings, rowAt } from './rotation_parts.ts';

export interface RingNode {
  readonly keyRing: KeyRing;
  readonly log: RecordedLog;
}

export const nodeOf = (rings: OpenRings, parts: Partial<KeyRingParts> = {}): RingNode => {
  const log = createRecordedLog();
  return { keyRing: new KeyRing({ ...rings, signers: nodeCryptoSigners, log, ...parts }), log };
};

export const startNode = async (rings: OpenRings, parts?: Partial<KeyRingParts>): Promise<RingNode> => {
  const node = nodeOf(rings, parts);
  await node.keyRing.refresh();
  return node;
};

/** The reason of the refusal, or the kid that signs. */
export const signsWith = (keyRing: KeyRing, alg: SigningAlgorithm = 'ES256'): string => {
  try {
    return keyRing.activeSigner(alg).signer.kid;
  } catch (error) {
    if (error instanceof OAuthError) return `${error.failure.status} ${error.reason}`;
    throw error;
  }
};

export const refused = '503 signing_unavailable';

/** Damages the wrapped private half of a row. */
export const damage = async ({ store }: OpenRings, slot: number, alg: SigningAlgorithm): Promise<void> => {
  const { kid, privateJwe } = await rowAt({ store }, slot, alg);
  await store.rewrapSigningKey(kid, privateJwe ?? '', 'damaged');
};
