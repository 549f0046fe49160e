// Carries the plans of plan_rotation.ts out against the store. No leader: every step is safe to race and to repeat.
import type { NumericDate } from '../seams/clock.ts';
import type { KeyVault } from '../seams/key_vault.ts';
import type { Log } from '../seams/log.ts';
import { type SigningAlgorithm, signingAlgorithms } from '../seams/signer.ts';
import type { NewSigningKey, SigningKeyRecord, SigningKeyStore } from '../seams/signing_key_store.ts';
import { StoreUnavailableError } from '../seams/store.ts';
import { type GeneratedKey, generateKey } from './generate.ts';
import { ringOf } from './lifecycle.ts';
import { wrappingContextOf } from './open_key.ts';
import {
  type PlannedKey,
  type PlannedRevocation,
  planRevocation,
  planRotation,
  planTurnNow,
  type TurnNow,
} from './plan_rotation.ts';
import type { RotationPolicy } from './timing.ts';

/** What was done to a key: by the runner, or because the operator asked. */
export type KeyEventType = 'published' | 'rotated' | 'retired' | 'revoked' | 'rewrapped';

export interface RotationParts {
  readonly issuer: string;
  readonly policy: RotationPolicy;
  readonly store: SigningKeyStore;
  readonly vault: KeyVault;
  /** Makes key pairs; generate.ts's unless said otherwise. */
  readonly generateKey?: (alg: SigningAlgorithm) => Promise<GeneratedKey>;
  /** Told of each step once it is done, in the order of time. */
  onKeyEvent?(type: KeyEventType, kid: string): Promise<void>;
}

const makeKey = async (planned: PlannedKey, parts: RotationParts): Promise<NewSigningKey> => {
  const { kid, publicJwk, privateJwk } = await (parts.generateKey ?? generateKey)(planned.alg);
  const context = wrappingContextOf(parts.issuer, { kid, alg: planned.alg, slot: planned.slot });
  const privateJwe = await parts.vault.wrap(privateJwk, context);
  return { ...planned, kid, publicJwk, privateJwe, longestTokenSeconds: parts.policy.maxTokenSeconds };
};

/**
 * Until when a plan may be carried out: it is of a view of the keys, which is good for P. A process that was stopped in
 * between, or a database that keeps a write waiting, would make a turn lie in the past, and with it grace and lead.
 */
const latestOf = (planned: NumericDate, { policy }: RotationParts): NumericDate => planned + policy.snapshotSeconds;

/**
 * Makes and publishes one planned key. Making takes time, and far more where the process is paused or the machine
 * sleeps: the instants are those of a plan made afterwards, so that the key is never published for less than lead.
 *
 * @returns undefined when another node was faster, or it came too late: it is planned again at the next turn of the runner.
 */
const publishKey = async (planned: PlannedKey, parts: RotationParts): Promise<NewSigningKey | undefined> => {
  const made = await makeKey(planned, parts);
  const { keys, databaseNow } = await parts.store.readSigningKeys();
  const { publish } = planRotation(keys, parts.policy, databaseNow);
  const due = publish.find(({ alg, slot }) => alg === planned.alg && slot === planned.slot);
  if (due === undefined) return undefined;
  const key = { ...made, ...due };
  return (await parts.store.publishSigningKey(key, latestOf(key.publishedAt, parts))) ? key : undefined;
};

/** What a turn of the runner did itself, and what it found afterwards. */
export interface TurnReport {
  readonly keys: readonly SigningKeyRecord[];
  readonly databaseNow: NumericDate;
  readonly nextAt: NumericDate;
  readonly published: readonly NewSigningKey[];
  readonly erased: readonly string[];
}

export const logTurn = ({ published, erased }: TurnReport, log: Log): void => {
  for (const { kid, alg, activatesAt } of published) log.info({ kid, alg, activates_at: activatesAt }, 'key published');
  for (const kid of erased) log.info({ kid }, 'key retired, private half erased');
};

/** Does whatever is due on both rings, then reads them again. Generates outside any transaction; a loser is dropped. */
export const turnRings = async (parts: RotationParts): Promise<TurnReport> => {
  const { store, policy } = parts;
  const before = await store.readSigningKeys();
  const plan = planRotation(before.keys, policy, before.databaseNow);
  const published: NewSigningKey[] = [];
  for (const alg of plan.raise) await store.raiseLongestToken(alg, policy.maxTokenSeconds);
  for (const key of plan.activate) await store.activateSigningKeys([key], latestOf(key.activatesAt, parts));
  for (const planned of plan.publish) {
    const key = await publishKey(planned, parts);
    if (key !== undefined) published.push(key);
  }
  const erased: string[] = [];
  for (const { kid, erasedAt } of plan.erase) if (await store.erasePrivateHalf(kid, erasedAt)) erased.push(kid);
  const changed = [plan.activate, plan.publish, plan.erase, plan.raise].some((steps) => steps.length > 0);
  const after = changed ? await store.readSigningKeys() : before;
  for (const { kid } of published) await parts.onKeyEvent?.('published', kid);
  for (const kid of erased) await parts.onKeyEvent?.('retired', kid);
  const { nextAt } = changed ? planRotation(after.keys, policy, after.databaseNow) : plan;
  return { ...after, nextAt, published, erased };
};

/**
 * Reads the rings and changes nothing, unless there is one without any key: for who answers requests while somebody else
 * turns the rings.
 */
export const readRings = async (parts: RotationParts): Promise<TurnReport> => {
  const { keys, databaseNow } = await parts.store.readSigningKeys();
  if (!signingAlgorithms.every((alg) => keys.some((key) => key.alg === alg))) return turnRings(parts);
  const { nextAt } = planRotation(keys, parts.policy, databaseNow);
  return { keys, databaseNow, nextAt, published: [], erased: [] };
};

const assertOpens = async (
  keys: readonly SigningKeyRecord[],
  kid: string,
  { vault, issuer }: RotationParts,
): Promise<void> => {
  const key = keys.find((candidate) => candidate.kid === kid);
  if (key?.privateJwe) await vault.unwrap(key.privateJwe, wrappingContextOf(issuer, key));
};

/** How often what an operator asked for is planned. Who is overtaken is so once or twice; a database that is too slow always is. */
const mostPlans = 10;

const tooSlow = ({ policy }: RotationParts): StoreUnavailableError =>
  new StoreUnavailableError(
    `the change was planned ${mostPlans} times, and each time others were faster, or it took longer than P = ${policy.snapshotSeconds} s to write`,
  );

/** What became of a ring that was to turn now. */
export interface RingTurn {
  readonly alg: SigningAlgorithm;
  readonly turn: TurnNow;
  readonly turned: boolean;
}

/**
 * `keys rotate`: the standbys of these rings take over now. Where one of them may not, because it is younger than lead or is
 * not there, none does.
 *
 * @returns what became of each, in the order of `algs`.
 * @throws {KeyVaultError} when this process could not open a standby; nothing has turned then.
 * @throws {StoreUnavailableError} when it comes too late each time.
 */
export const turnTogether = async (
  algs: readonly SigningAlgorithm[],
  parts: RotationParts,
  plansLeft = mostPlans,
): Promise<readonly RingTurn[]> => {
  if (plansLeft === 0) throw tooSlow(parts);
  const plan = ({ keys, databaseNow }: Awaited<ReturnType<SigningKeyStore['readSigningKeys']>>) =>
    algs.map((alg) => ({ alg, turn: planTurnNow(ringOf(keys, alg), parts.policy, databaseNow) }));
  const found = await turnRings(parts);
  const planned = plan(found);
  if (!planned.every(({ turn }) => 'activatesAt' in turn)) return planned.map((ring) => ({ ...ring, turned: false }));
  for (const { turn } of planned) if (turn.kid !== null) await assertOpens(found.keys, turn.kid, parts);
  // Opening takes time, and grace begins at the turn: it is planned afresh, lest it lie in the past.
  const ready = plan(await parts.store.readSigningKeys()).flatMap(({ alg, turn }, place) =>
    'activatesAt' in turn && turn.kid === planned[place]?.turn.kid ? [{ alg, turn }] : [],
  );
  if (ready.length < algs.length) return turnTogether(algs, parts, plansLeft - 1);
  const turns = ready.map(({ turn }) => turn);
  const latest = latestOf(Math.min(...turns.map(({ activatesAt }) => activatesAt)), parts);
  // Somebody else was faster, or it came too late.
  if (!(await parts.store.activateSigningKeys(turns, latest))) return turnTogether(algs, parts, plansLeft - 1);
  for (const { kid } of turns) await parts.onKeyEvent?.('rotated', kid);
  await turnRings(parts);
  return ready.map((ring) => ({ ...ring, turned: true }));
};

/** The same for one ring. */
export const turnNow = async (alg: SigningAlgorithm, parts: RotationParts): Promise<TurnNow> => {
  const [ring] = await turnTogether([alg], parts);
  return ring?.turn ?? { kid: null };
};

const readRevocation = async (
  kid: string,
  { store, policy }: RotationParts,
): Promise<PlannedRevocation | undefined> => {
  const { keys, databaseNow } = await store.readSigningKeys();
  const key = keys.find((candidate) => candidate.kid === kid);
  if (key === undefined || key.revokedAt !== null) return undefined;
  return planRevocation(ringOf(keys, key.alg), policy, databaseNow, kid);
};

/**
 * `keys revoke`: revokes, erases, promotes the standby and publishes the key of the second turn, in one transaction.
 *
 * @returns undefined when there is no such key or it is revoked already.
 * @throws {StoreUnavailableError} when it comes too late each time; nothing is revoked then.
 */
export const revokeKey = async (
  kid: string,
  reason: string,
  parts: RotationParts,
  plansLeft = mostPlans,
): Promise<PlannedRevocation | undefined> => {
  if (plansLeft === 0) throw tooSlow(parts);
  const planned = await readRevocation(kid, parts);
  if (planned === undefined) return undefined;
  const made = planned.successor === null ? null : await makeKey(planned.successor, parts);
  // Making a key takes time, and lead begins at the commit: what is committed is planned afresh.
  const plan = await readRevocation(kid, parts);
  if (plan === undefined) return undefined;
  if (plan.successor?.slot !== made?.slot) return revokeKey(kid, reason, parts, plansLeft - 1);
  const successor = made && plan.successor && { ...made, ...plan.successor };
  const { revokedAt, promotedKid } = plan;
  const revocation = { kid, reason, revokedAt, promotedKid, successor };
  if (!(await parts.store.revokeSigningKey(revocation, latestOf(revokedAt, parts))))
    return revokeKey(kid, reason, parts, plansLeft - 1);
  await parts.onKeyEvent?.('revoked', kid);
  if (successor !== null) await parts.onKeyEvent?.('published', successor.kid);
  await turnRings(parts);
  return plan;
};

/** `keys rewrap`: moves every wrapped key to the newest KEK, row by row, safe to kill. @returns the kids moved. */
export const rewrapKeys = async (parts: RotationParts): Promise<readonly string[]> => {
  const { issuer, store, vault } = parts;
  const { keys } = await store.readSigningKeys();
  const moved: string[] = [];
  for (const key of keys) {
    if (key.privateJwe === null || vault.wrappedWith(key.privateJwe) === vault.wrappingKid) continue;
    const context = wrappingContextOf(issuer, key);
    const to = await vault.wrap(await vault.unwrap(key.privateJwe, context), context);
    if (!(await store.rewrapSigningKey(key.kid, key.privateJwe, to))) continue;
    moved.push(key.kid);
    await parts.onKeyEvent?.('rewrapped', key.kid);
  }
  return moved;
};
