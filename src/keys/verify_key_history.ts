// Checks a key history with nothing but itself: the chain, every signature, that the key of each was active then, that
// the historical keys are those of the chain. And finds where two copies part.
import { calculateJwkThumbprint, compactVerify, importJWK } from 'jose';
import type { NumericDate } from '../seams/clock.ts';
import { publicHalfOf } from './generate.ts';
import { type HistoryEntry, hashOfEntry } from './key_history.ts';
import { historicalKeysOf, type KeyLife, type KeyLives, livesOf } from './key_life.ts';
import { KeyHistoryError, type ReadKeyHistory, readKeyHistory, type Unverified } from './read_key_history.ts';

export interface VerifiedKeyHistory {
  readonly issuer: string;
  /** When the document was signed. */
  readonly signedAt: NumericDate;
  readonly signedBy: string;
  readonly entries: readonly HistoryEntry[];
  /** The entries as they stand in the chain. */
  readonly chain: readonly string[];
  /** SHA-256 of the last entry, base64url: who notes it down can hold the issuer to everything before. */
  readonly head: string;
}

const fail = (message: string): never => {
  throw new KeyHistoryError(message);
};

/** @returns what is wrong with an entry in its place, whoever signed it. */
const complaintOf = (
  { iss, seq, prev, at, iat }: HistoryEntry,
  place: number,
  before: Unverified<HistoryEntry> | undefined,
  issuer: string,
): string | undefined => {
  const expected = before === undefined ? null : hashOfEntry(before.jws);
  if (seq !== place) return `says that it is entry ${seq}`;
  if (iss !== issuer) return `is of the issuer ${iss}, and the document of ${issuer}`;
  if (prev !== expected) return `follows ${prev ?? 'nothing'}, but the entry before it is ${expected ?? 'none'}`;
  if (iat < at) return `was written at ${iat}, before what it tells happened at ${at}`;
  return before && iat < before.claims.iat ? `was written at ${iat}, before entry ${place - 1}` : undefined;
};

const verifyChain = ({ claims, entries }: ReadKeyHistory): void => {
  const last = entries.at(-1) ?? fail('there is no entry in it');
  for (const [place, entry] of entries.entries()) {
    const complaint = complaintOf(entry.claims, place, entries[place - 1], claims.iss);
    if (complaint !== undefined) fail(`entry ${place} ${complaint}`);
  }
  if (claims.iat < last.claims.iat) fail(`the document was signed at ${claims.iat}, before its last entry`);
};

const readLives = (entries: readonly Unverified<HistoryEntry>[]): KeyLives => {
  try {
    return livesOf(entries.map(({ claims }) => claims));
  } catch (error) {
    if (error instanceof TypeError) throw new KeyHistoryError(error.message, { cause: error });
    throw error;
  }
};

const verifyThumbprint = async ({ kid, alg, jwk }: KeyLife): Promise<void> => {
  const found = await calculateJwkThumbprint(jwk, 'sha256').catch(() => 'none');
  if (found !== kid) fail(`the key published as ${kid} has another thumbprint, ${found}`);
  const members = JSON.stringify(publicHalfOf(jwk, alg, kid));
  if (JSON.stringify(jwk) !== members) fail(`the key published as ${kid} is not an ${alg} key and nothing else`);
};

type ImportedKey = Awaited<ReturnType<typeof importJWK>>;

const createVerify = (lives: KeyLives) => {
  const imported = new Map<string, ImportedKey>();
  return async (what: string, { jws, header }: Unverified<unknown>): Promise<void> => {
    const { kid, alg } = header;
    const life = lives.get(kid);
    if (life === undefined || life.alg !== alg)
      return fail(`${what} is signed by ${kid}, no ${alg} key of this history`);
    try {
      const key = imported.get(kid) ?? (await importJWK(life.jwk, alg));
      imported.set(kid, key);
      await compactVerify(jws, key, { algorithms: [alg] });
    } catch {
      // The key comes from the history as well: one that is none, or too weak, is refused like a wrong signature.
      return fail(`${what} does not verify with the key ${kid}: it was altered`);
    }
  };
};

/** Both ends count: instants are whole seconds, and a turn may come in the second in which an entry is signed. */
const assertActive = (what: string, kid: string, signedAt: NumericDate, lives: KeyLives): void => {
  const { activated, retired, revoked } = lives.get(kid)?.instants ?? {};
  const until = Math.min(retired ?? Number.POSITIVE_INFINITY, revoked ?? Number.POSITIVE_INFINITY);
  if (activated === undefined || signedAt < activated || signedAt > until)
    fail(
      `${what} is signed at ${signedAt} by ${kid}, which was active ${activated === undefined ? 'never' : `from ${activated} to ${Number.isFinite(until) ? until : 'now'}`}`,
    );
};

const verifyEntries = async ({ entries }: ReadKeyHistory, lives: KeyLives): Promise<void> => {
  const verify = createVerify(lives);
  const ended = new Set<string>();
  for (const [place, entry] of entries.entries()) {
    const what = `entry ${place}`;
    const { header, claims } = entry;
    if (header.alg !== claims.alg)
      fail(`${what} tells of the ${claims.alg} ring, and is signed by the ${header.alg} ring`);
    if (ended.has(header.kid)) fail(`${what} is signed by ${header.kid}, which an earlier entry says signs no more`);
    await verify(what, entry);
    assertActive(what, header.kid, claims.iat, lives);
    if (claims.event === 'retired' || claims.event === 'revoked') {
      // A key may not be the witness of its own end.
      if (claims.kid === header.kid) fail(`${what} tells the end of ${claims.kid}, and is signed by that key`);
      ended.add(claims.kid);
    }
  }
};

const verifyDocument = async (read: ReadKeyHistory, lives: KeyLives): Promise<void> => {
  const { claims, header } = read;
  await createVerify(lives)('the document', read);
  assertActive('the document', header.kid, claims.iat, lives);
  const { instants } = lives.get(header.kid) as KeyLife;
  if (instants.retired !== undefined || instants.revoked !== undefined)
    fail(`the document is signed by ${header.kid}, which its own entries say signs no more`);
  const leaves = new Map(claims.keys.map(({ kid, exp }) => [kid, exp]));
  // A key that is left out leaves at no instant, and so differs.
  if (JSON.stringify(historicalKeysOf(lives, (kid) => leaves.get(kid) ?? Number.NaN)) !== JSON.stringify(claims.keys))
    fail('the historical keys of the document are not those its entries tell of');
};

/** @throws {KeyHistoryError} naming the first thing that is wrong. */
export const verifyKeyHistory = async (text: string): Promise<VerifiedKeyHistory> => {
  const read = readKeyHistory(text);
  verifyChain(read);
  const lives = readLives(read.entries);
  for (const life of lives.values()) await verifyThumbprint(life);
  await verifyEntries(read, lives);
  await verifyDocument(read, lives);
  const chain = read.entries.map(({ jws }) => jws);
  return {
    issuer: read.claims.iss,
    signedAt: read.claims.iat,
    signedBy: read.header.kid,
    entries: read.entries.map(({ claims }) => claims),
    chain,
    head: hashOfEntry(chain.at(-1) ?? ''),
  };
};

/** How a saved copy stands to the live one. `seq`: the first entry that differs, or that one of them lacks. */
export type Comparison =
  | { readonly outcome: 'same' }
  | { readonly outcome: 'live_went_on'; readonly seq: number; readonly added: number }
  | { readonly outcome: 'live_was_cut'; readonly seq: number; readonly missing: number }
  | { readonly outcome: 'parted'; readonly seq: number; readonly saved: HistoryEntry; readonly live: HistoryEntry };

export const compareKeyHistories = (saved: VerifiedKeyHistory, live: VerifiedKeyHistory): Comparison => {
  const both = Math.min(saved.chain.length, live.chain.length);
  for (let seq = 0; seq < both; seq += 1) {
    const [ours, theirs] = [saved.entries[seq], live.entries[seq]];
    if (saved.chain[seq] !== live.chain[seq] && ours && theirs)
      return { outcome: 'parted', seq, saved: ours, live: theirs };
  }
  if (saved.chain.length > both) return { outcome: 'live_was_cut', seq: both, missing: saved.chain.length - both };
  if (live.chain.length > both) return { outcome: 'live_went_on', seq: both, added: live.chain.length - both };
  return { outcome: 'same' };
};
