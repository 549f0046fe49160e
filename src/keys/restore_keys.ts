// What a restored backup needs done to its keys, because it knows nothing of what came after it: the key history goes on
// where it was, what is known to be revoked is revoked again, and what might be is revoked too, in two turns.
import { OperatorError } from '../errors.ts';
import type { NumericDate } from '../seams/clock.ts';
import type { KeyEventStore, StoredKeyEvent } from '../seams/key_event_store.ts';
import type { RestorationStore } from '../seams/restoration_store.ts';
import { signingAlgorithms } from '../seams/signer.ts';
import type { SigningKeyRecord, SigningKeyStore } from '../seams/signing_key_store.ts';
import { readOwnEntry } from './key_history.ts';
import { type KeyLife, livesOf } from './key_life.ts';
import { activeKeyOf, isPublished, lifetimesOf, ringOf, ringTime } from './lifecycle.ts';
import { nextSlot } from './plan_rotation.ts';
import { type RotationParts, revokeKey, turnRings } from './rotation.ts';

export interface KnownRevocation {
  readonly kid: string;
  readonly revokedAt: NumericDate;
  readonly reason: string;
}

/** What is known of the time after the backup. */
export interface KnownSince {
  /** When the backup was made; undefined where it does not say so. */
  readonly backupAt: NumericDate | undefined;
  /** A key history that was kept elsewhere, entry by entry as compact JWS; empty where there is none. */
  readonly chain: readonly string[];
  readonly revocations: readonly KnownRevocation[];
  /** Kids that are revoked now, whenever they were. */
  readonly revokedKids: readonly string[];
  /** The operator's word that nothing else was revoked; without it every key that verifiers take is. */
  readonly nothingElseRevoked: boolean;
}

export interface RestoredKeys {
  readonly revoked: readonly string[];
  /** Keys made after the backup: their private halves are gone. */
  readonly lost: readonly string[];
  readonly entriesTakenOver: number;
}

export interface KeyRestorationParts extends RotationParts {
  readonly store: SigningKeyStore & KeyEventStore & Pick<RestorationStore, 'addLostKey'>;
}

/** Of a key that nobody is known to have stolen, in the registered words of the key history. */
const reason = 'superseded';

const readAgain = async ({ store }: KeyRestorationParts): Promise<readonly SigningKeyRecord[]> =>
  (await store.readSigningKeys()).keys;

/** Takes over what the backup's own history lacks. @throws {OperatorError} when the two part. */
const takeOverHistory = async (
  chain: readonly string[],
  { store }: KeyRestorationParts,
): Promise<readonly StoredKeyEvent[]> => {
  const own = await store.readKeyEvents(0);
  const parted = own.findIndex(({ jws }, seq) => seq < chain.length && chain[seq] !== jws);
  if (parted !== -1)
    throw new OperatorError(
      `The saved key history is not the one this backup is of: they differ at entry ${parted}. Name a copy that was saved from this issuer after the backup was made, or none.`,
    );
  const missing = chain.slice(own.length).map((jws): StoredKeyEvent => {
    const { seq, kid, event } = readOwnEntry({ jws });
    return { seq, kid, event, jws };
  });
  if (missing.length > 0 && !(await store.appendKeyEvents(missing)))
    throw new OperatorError('The saved key history tells something twice. Name another copy, or none.');
  return missing;
};

/** The kids of the lives that have no row. Their rows come back as far as verifiers may ask for them: revoked. */
const addLostKeys = async (
  lives: readonly KeyLife[],
  now: NumericDate,
  { store, policy }: KeyRestorationParts,
): Promise<readonly string[]> => {
  const lost: string[] = [];
  for (const { kid, alg, jwk, instants, reason: told } of lives) {
    const { keys } = await store.readSigningKeys();
    if (instants.published === undefined || keys.some((key) => key.kid === kid)) continue;
    const revokedAt = instants.revoked ?? now;
    const longest = keys.reduce((most, key) => Math.max(most, key.longestTokenSeconds), policy.maxTokenSeconds);
    await store.addLostKey({
      alg,
      slot: nextSlot(ringOf(keys, alg)),
      kid,
      publicJwk: jwk,
      publishedAt: instants.published,
      // One that was not told to have signed never did.
      activatesAt: instants.activated ?? revokedAt,
      longestTokenSeconds: longest,
      revokedAt,
      revocationReason: told ?? reason,
    });
    lost.push(kid);
  }
  return lost;
};

/** Brings rows to what is known of them, with the instants at which it happened. @returns the kids revoked. */
const applyKnown = async (
  lives: readonly KeyLife[],
  revocations: readonly KnownRevocation[],
  parts: KeyRestorationParts,
): Promise<readonly string[]> => {
  const { store } = parts;
  for (const { kid, instants } of lives) {
    if (instants.activated !== undefined) await store.activateSigningKeys([{ kid, activatesAt: instants.activated }]);
    // Its turn was over, and its private half gone: the backup has it still (I4), and the key would sign again.
    if (instants.retired !== undefined) await store.erasePrivateHalf(kid, instants.retired);
  }
  const told = lives.flatMap(({ kid, instants, reason: why = 'unspecified' }) =>
    instants.revoked === undefined ? [] : [{ kid, revokedAt: instants.revoked, reason: why }],
  );
  const revoked: string[] = [];
  for (const known of [...told, ...revocations]) {
    // The turns it took then are over; where the ring is left without a key, turning the rings heals it.
    if (!(await store.revokeSigningKey({ ...known, promotedKid: null, successor: null }))) continue;
    revoked.push(known.kid);
    await parts.onKeyEvent?.('revoked', known.kid);
  }
  return revoked;
};

/** Every key that verifiers took when the backup was made, or since: any may have been revoked meanwhile. The active last. */
const suspectsOf = (
  keys: readonly SigningKeyRecord[],
  { policy }: KeyRestorationParts,
  backupAt: NumericDate,
  now: NumericDate,
): readonly string[] =>
  signingAlgorithms.flatMap((alg) => {
    const ring = ringOf(keys, alg);
    const active = activeKeyOf(lifetimesOf(ring, policy, now))?.kid;
    const taken = lifetimesOf(ring, policy, Math.min(backupAt, now)).filter(isPublished);
    const kids = taken.map(({ key }) => key.kid);
    return [...kids.filter((kid) => kid !== active), ...kids.filter((kid) => kid === active)];
  });

/** @throws {OperatorError} when the history is another's. @throws {KeyVaultError} when no key can be wrapped. */
export const restoreKeys = async (since: KnownSince, parts: KeyRestorationParts): Promise<RestoredKeys> => {
  const { keys: before, databaseNow } = await parts.store.readSigningKeys();
  const missing = await takeOverHistory(since.chain, parts);
  const entries = await parts.store.readKeyEvents(0);
  const lives = missing.length === 0 ? [] : [...livesOf(entries.map(readOwnEntry)).values()];
  const lost = await addLostKeys(lives, databaseNow, parts);
  const revoked = [...(await applyKnown(lives, since.revocations, parts))];
  const backupAt = since.backupAt ?? ringTime(before, 0);
  const suspects = since.nothingElseRevoked ? [] : suspectsOf(await readAgain(parts), parts, backupAt, databaseNow);
  for (const kid of [...since.revokedKids.filter((named) => !suspects.includes(named)), ...suspects])
    if ((await revokeKey(kid, reason, parts)) !== undefined) revoked.push(kid);
  await turnRings(parts);
  return { revoked, lost, entriesTakenOver: missing.length };
};
