// One node's view of the rings: a snapshot of the rows, the private keys it opened, the key set it serves. Refreshed
// by the entry's timer; requests only read it. A view older than P signs nothing, and is read anew before its key set is
// served; where that fails, the old set is served.
import { OAuthError } from '../errors.ts';
import type { Clock, NumericDate } from '../seams/clock.ts';
import { KeyVaultError } from '../seams/key_vault.ts';
import type { Log } from '../seams/log.ts';
import type { NodeFacts } from '../seams/metrics.ts';
import { type Signer, type SignerFactory, type SigningAlgorithm, signingAlgorithms } from '../seams/signer.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';
import { jwkSetOf, type PublishedJwkSet, publishedKeysOf } from './jwk_set.ts';
import { ageOf, databaseTimeOf, type KeySnapshot, publishingTimeOf, unfitness } from './key_snapshot.ts';
import { activeKeyOf, allLifetimesOf, lifetimesOf, ringOf, standstillSeconds } from './lifecycle.ts';
import { openKey } from './open_key.ts';
import { ringFactsOf } from './ring_facts.ts';
import { logTurn, type RotationParts, type TurnReport, turnRings } from './rotation.ts';

/** The one key of a ring that signs now. */
export interface ActiveSigner {
  readonly signer: Signer;
  /** No token signed with it may live longer. */
  readonly longestTokenSeconds: number;
}

interface OpenedSigners {
  readonly signers: ReadonlyMap<string, Signer>;
  readonly failure: KeyVaultError | undefined;
}

/** What a snapshot means at one second. */
interface View {
  readonly now: NumericDate;
  readonly active: ReadonlyMap<SigningAlgorithm, ActiveSigner>;
  readonly jwkSet: PublishedJwkSet;
}

export interface KeyRingParts extends RotationParts {
  readonly clock: Clock;
  readonly signers: SignerFactory;
  readonly log: Log;
  /** Opens wrapped keys; open_key.ts's unless said otherwise. */
  readonly openKey?: typeof openKey;
  /** Does what is due on the rings; rotation.ts's turnRings unless said otherwise. */
  readonly turn?: (parts: RotationParts) => Promise<TurnReport>;
  /** Waits, for what may take no longer; without it a request waits for the store however long it takes. */
  readonly wait?: (seconds: number) => Promise<void>;
}

/** How long a request for the key set waits for the store, and how long the next one then does not ask it. */
export const catchUpSeconds = 1;

export class KeyRing {
  readonly #parts: KeyRingParts;
  #snapshot: KeySnapshot | undefined;
  #signers: ReadonlyMap<string, Signer> = new Map();
  #view: View | undefined;
  #refreshing: Promise<number> | undefined;
  #catchingUp: Promise<void> | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  #gone: ReadonlySet<string> = new Set();
  #standsStill = false;

  constructor(parts: KeyRingParts) {
    this.#parts = parts;
  }

  /**
   * Does what is due on the rings and takes a new snapshot. When the store fails, the old one stands, and ages.
   *
   * The active keys are opened first, so that a node without the right KEK changes nothing. One that runs already then
   * goes on with the keys it can open, and publishes what the others publish.
   *
   * @returns seconds until the next instant at which something changes by itself.
   * @throws {KeyVaultError} when an active key does not open here.
   */
  refresh(): Promise<number> {
    this.#refreshing ??= this.#readAnew().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /**
   * To be waited for before the key set is served: a node that was paused, or cut off from the store, has an old one.
   *
   * @returns undefined where there is nothing to wait for: the snapshot is young enough, or was just tried in vain. Never
   *   rejects: whatever comes of it, there is a key set to serve.
   */
  catchUp(): Promise<void> | undefined {
    if (!this.isOld()) return undefined;
    if (this.#catchingUp === undefined && this.#parts.clock.monotonicSeconds() - this.#triedAt < catchUpSeconds)
      return undefined;
    this.#catchingUp ??= this.#tryAgain().finally(() => {
      this.#catchingUp = undefined;
      this.#triedAt = this.#parts.clock.monotonicSeconds();
    });
    return this.#catchingUp;
  }

  async #tryAgain(): Promise<void> {
    const { log, wait } = this.#parts;
    const reading = async (): Promise<void> => {
      await this.refresh();
      // What was under way may have been read before the node was paused.
      if (this.isOld()) await this.refresh();
    };
    const read = reading().catch((error: unknown) => {
      const reason = error instanceof KeyVaultError ? error.message : String(error);
      log.error({ reason }, 'an old key set is served: the signing keys could not be read');
    });
    await (wait === undefined ? read : Promise.race([read, wait(catchUpSeconds)]));
  }

  /** Seconds; infinite before the first. */
  #age(): number {
    return this.#snapshot === undefined ? Number.POSITIVE_INFINITY : ageOf(this.#snapshot, this.#parts.clock);
  }

  /** Whether the snapshot is older than P. */
  isOld(): boolean {
    return this.#age() > this.#parts.policy.snapshotSeconds;
  }

  async #readAnew(): Promise<number> {
    const { clock, store, log } = this.#parts;
    const [readAt, asked] = [clock.monotonicSeconds(), clock.now()];
    const before = await store.readSigningKeys();
    const { databaseNow } = before;
    const clockAheadSeconds = asked > databaseNow ? asked - databaseNow : Math.min(clock.now() - databaseNow, 0);
    const opened = await this.#openSigners(before.keys, databaseNow);
    // What the old snapshot signs with stays until there is a new one.
    this.#signers = new Map([...this.#signers, ...opened.signers]);
    /** What was read is true, whatever could not be done: it is gone on with, where there is something to go on from. */
    const takeWhatWasRead = (): void => {
      if (this.#snapshot !== undefined)
        this.#take(
          { keys: before.keys, readAt, clockAtRead: asked, databaseAtRead: databaseNow, clockAheadSeconds },
          opened.signers,
        );
    };
    if (opened.failure !== undefined) {
      takeWhatWasRead();
      throw opened.failure;
    }
    const [turnedAt, clockAtRead] = [clock.monotonicSeconds(), clock.now()];
    const report = await (this.#parts.turn ?? turnRings)(this.#parts).catch((error: unknown) => {
      takeWhatWasRead();
      throw error;
    });
    logTurn(report, log);
    this.#tellStandstill(report);
    const { keys, databaseNow: databaseAtRead } = report;
    const { signers, failure } = await this.#openSigners(keys, databaseAtRead);
    this.#take({ keys, readAt: turnedAt, clockAtRead, databaseAtRead, clockAheadSeconds }, signers);
    if (failure !== undefined) throw failure;
    return report.nextAt - report.databaseNow;
  }

  /** Once: the key that signs goes on, and so everything looks well. */
  #tellStandstill({ keys, databaseNow }: TurnReport): void {
    const { policy, log } = this.#parts;
    const aheadSeconds = standstillSeconds(keys, policy, databaseNow);
    if (aheadSeconds > 0 && !this.#standsStill)
      log.warn(
        { ahead_seconds: aheadSeconds },
        'no key turns: the database has seen a clock that is ahead of this one, and the rings stand still until then. Set the clock of this machine right; "npx keyturn doctor" tells more',
      );
    this.#standsStill = aheadSeconds > 0;
  }

  #take(snapshot: KeySnapshot, signers: ReadonlyMap<string, Signer>): void {
    this.#snapshot = snapshot;
    this.#signers = signers;
    this.#view = undefined;
  }

  /** @returns the signers of what signs now or next, and of nothing else; `failure` when an active key does not open. */
  async #openSigners(keys: readonly SigningKeyRecord[], now: NumericDate): Promise<OpenedSigners> {
    const { policy, log } = this.#parts;
    const signers = new Map<string, Signer>();
    let failure: KeyVaultError | undefined;
    const lifetimes = allLifetimesOf(keys, policy, now);
    for (const { key, state } of lifetimes.filter(({ state }) => state === 'active' || state === 'standby')) {
      const opened = this.#signers.get(key.kid) ?? (await this.#open(key));
      if (opened === undefined) continue;
      if (!(opened instanceof KeyVaultError)) signers.set(key.kid, opened);
      else if (state === 'active') failure ??= opened;
      else log.error({ kid: key.kid, reason: opened.message }, 'a standby key does not open on this node');
    }
    return { signers, failure };
  }

  async #open(key: SigningKeyRecord): Promise<Signer | KeyVaultError | undefined> {
    const { issuer, vault, signers } = this.#parts;
    const { privateJwe } = key;
    if (privateJwe === null) return undefined;
    try {
      return await (this.#parts.openKey ?? openKey)({ ...key, privateJwe }, issuer, vault, signers);
    } catch (error) {
      if (error instanceof KeyVaultError) return error;
      throw error;
    }
  }

  /** Every key ever made, as of the last refresh; empty before the first. */
  get keys(): readonly SigningKeyRecord[] {
    return this.#snapshot?.keys ?? [];
  }

  /** Why this node does not sign, in words for `/health/ready` and the log; undefined when it does. */
  notSigning(): string | undefined {
    const unfit = this.unfit();
    if (unfit !== undefined) return unfit;
    const { active } = this.#viewNow();
    const unopened = signingAlgorithms.find((alg) => !active.has(alg));
    return unopened && `no active ${unopened} key is open on this node`;
  }

  /** For whoever watches this node. */
  facts(): NodeFacts {
    const { clock, policy } = this.#parts;
    return {
      signing: this.notSigning() === undefined,
      snapshotAgeSeconds: this.#age(),
      clockOffsetSeconds: Math.abs(this.#snapshot?.clockAheadSeconds ?? 0),
      rings: ringFactsOf(this.keys, policy, clock.now()),
    };
  }

  /** Why neither its view of the keys nor its clock is to be relied on, in words; undefined when both are. */
  unfit(): string | undefined {
    if (this.#snapshot === undefined) return 'the signing keys have not been read yet';
    return unfitness(this.#snapshot, this.#parts.clock, this.#parts.policy);
  }

  /** @throws {OAuthError} signing_unavailable: the snapshot is too old, or the clock too far off. */
  assertFit(): void {
    const unfit = this.unfit();
    if (unfit !== undefined) throw new OAuthError('signing_unavailable', { cause: unfit });
  }

  /** Now, by the database's clock as far as it is known here. */
  databaseTime(): NumericDate {
    const { clock } = this.#parts;
    return this.#snapshot === undefined ? clock.now() : databaseTimeOf(this.#snapshot, clock);
  }

  /** The same, asked for where what is known is old: how long a machine slept its own clocks do not tell. */
  async databaseTimeAnew(): Promise<NumericDate> {
    await this.catchUp();
    return this.databaseTime();
  }

  /**
   * The key that signs now.
   *
   * @throws {OAuthError} signing_unavailable: as assertFit does, or the key is not open.
   */
  activeSigner(alg: SigningAlgorithm): ActiveSigner {
    this.assertFit();
    const active = this.#viewNow().active.get(alg);
    if (active === undefined) throw new OAuthError('signing_unavailable', { cause: `no active ${alg} key is open` });
    return active;
  }

  /** @param kids - all that are told to have left the key set: they never come back, not when a longer grace is configured. */
  leaveOut(kids: ReadonlySet<string>): void {
    this.#gone = kids;
    this.#view = undefined;
  }

  /** The key set to serve now, from memory. */
  jwkSet(): PublishedJwkSet {
    return this.#viewNow().jwkSet;
  }

  #viewNow(): View {
    const now = this.#parts.clock.now();
    if (this.#view?.now !== now) this.#view = this.#viewAt(now, this.#view);
    return this.#view;
  }

  #viewAt(now: NumericDate, last: View | undefined): View {
    const { clock, policy } = this.#parts;
    const signsAt = Math.max(now, this.#snapshot?.databaseAtRead ?? now);
    const active = new Map<SigningAlgorithm, ActiveSigner>();
    for (const alg of signingAlgorithms) {
      const key = activeKeyOf(lifetimesOf(ringOf(this.keys, alg), policy, signsAt));
      const signer = key && this.#signers.get(key.kid);
      if (key && signer) active.set(alg, { signer, longestTokenSeconds: key.longestTokenSeconds });
    }
    const publishedAt = this.#snapshot ? publishingTimeOf(this.#snapshot, clock, policy) : now;
    const published = publishedKeysOf(this.keys, policy, publishedAt).filter(({ kid }) => !this.#gone.has(kid));
    const kids = published.map((key) => key.kid).join(' ');
    return { now, active, jwkSet: last?.jwkSet.kids === kids ? last.jwkSet : jwkSetOf(published) };
  }
}
