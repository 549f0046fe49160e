// Histories made by hand: by whoever holds the private keys, and so may sign what never happened.
import { nodeCryptoSigners } from '../../src/adapters/node_crypto_signer.ts';
import { generateKey } from '../../src/keys/generate.ts';
import {
  documentType,
  entryType,
  type HistoricalKey,
  type HistoryEntry,
  hashOfEntry,
  signDocument,
} from '../../src/keys/key_history.ts';
import type { LoggedEvent } from '../../src/seams/key_event_store.ts';
import type { Signer, SigningAlgorithm } from '../../src/seams/signer.ts';
import { issuer, start } from './rotation_parts.ts';

export interface ForgerKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly signer: Signer;
}

export const makeForgerKey = async (alg: SigningAlgorithm = 'ES256'): Promise<ForgerKey> => {
  const { kid, publicJwk, privateJwk } = await generateKey(alg);
  return {
    kid,
    alg,
    jwk: publicJwk as Readonly<Record<string, unknown>>,
    signer: await nodeCryptoSigners.open(privateJwk),
  };
};

/** One entry to forge: what happened to which key, seconds after the start, told by whom. */
export interface Telling {
  readonly event: LoggedEvent;
  readonly key: ForgerKey;
  readonly at: number;
  readonly by: ForgerKey;
  /** When it was written, seconds after the start; when it happened, unless said otherwise. */
  readonly iat?: number;
  /** Members that differ from those of an honest entry; undefined takes one out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly typ?: string;
}

export interface ForgedDocument {
  readonly by: ForgerKey;
  readonly iat: number;
  readonly keys?: readonly HistoricalKey[];
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly typ?: string;
}

export const forgeChain = async (tellings: readonly Telling[]): Promise<readonly string[]> => {
  const chain: string[] = [];
  for (const { event, key, at, by, iat = at, claims = {}, typ = entryType } of tellings) {
    const before = chain.at(-1);
    const entry: HistoryEntry = {
      iss: issuer,
      seq: chain.length,
      prev: before === undefined ? null : hashOfEntry(before),
      event,
      at: start + at,
      iat: start + iat,
      kid: key.kid,
      alg: key.alg,
      ...(event === 'published' && { jwk: key.jwk }),
      ...(event === 'revoked' && { reason: 'unspecified' }),
    };
    chain.push(await signDocument(typ, { ...entry, ...claims }, by.signer));
  }
  return chain;
};

export const forgeDocument = (
  chain: readonly string[],
  { by, iat, keys = [], claims = {}, typ = documentType }: ForgedDocument,
): Promise<string> =>
  signDocument(typ, { iss: issuer, iat: start + iat, keys, key_events: chain, ...claims }, by.signer);
