// The database of the simulation: the rows of `signing_key` in memory under the conditions of SigningKeyStore, with the one
// clock that is right, outages, and failover to a replica that has lost the last seconds.
import type { Activation, Revocation, SigningKeyRecord, SigningKeyStore } from '../seams/signing_key_store.ts';
import type { VirtualTime } from './virtual_time.ts';

type Rows = readonly SigningKeyRecord[];

export interface KeyDatabase {
  readonly rows: () => Rows;
  /** Whole seconds of virtual time. */
  readonly clock: () => number;
  readonly store: SigningKeyStore;
  /** Nobody gets through until then, the operator's commands included. */
  goDown(seconds: number): void;
  isDown(): boolean;
  /** A replica takes over that lacks what was written in the last seconds. */
  failOver(lostSeconds: number): void;
  /** Told of each change, after it. */
  onChange(listener: (before: Rows, after: Rows) => void): void;
}

/** The rows after a change, or undefined where its condition does not hold. */
type Change = (rows: Rows) => Rows | undefined;

const compare = (left: string, right: string): number => (left < right ? -1 : Number(left > right));

const insert =
  (row: SigningKeyRecord): Change =>
  (rows) =>
    rows.some(({ alg, slot, kid }) => (alg === row.alg && slot === row.slot) || kid === row.kid)
      ? undefined
      : [...rows, row].sort((left, right) => compare(left.alg, right.alg) || left.slot - right.slot);

const newborn = { erasedAt: null, revokedAt: null, revocationReason: null } as const;

const updateWhere =
  (holds: (row: SigningKeyRecord) => boolean, change: (row: SigningKeyRecord) => Partial<SigningKeyRecord>): Change =>
  (rows) =>
    rows.some(holds) ? rows.map((row) => (holds(row) ? { ...row, ...change(row) } : row)) : undefined;

const activate = ({ kid, activatesAt }: Activation): Change =>
  updateWhere(
    (row) => row.kid === kid && row.revokedAt === null && row.activatesAt > activatesAt,
    () => ({ activatesAt }),
  );

const inOneTransaction =
  (...changes: readonly Change[]): Change =>
  (rows) =>
    changes.reduce<Rows | undefined>((sofar, change) => sofar && change(sofar), rows);

const revoke = ({ kid, reason, revokedAt, promotedKid, successor }: Revocation): Change =>
  inOneTransaction(
    updateWhere(
      (row) => row.kid === kid && row.revokedAt === null,
      ({ erasedAt }) => ({
        ...{ revokedAt, revocationReason: reason, privateJwe: null },
        erasedAt: erasedAt ?? revokedAt,
      }),
    ),
    ...(promotedKid === null ? [] : [activate({ kid: promotedKid, activatesAt: revokedAt })]),
    ...(successor === null ? [] : [insert({ ...successor, ...newborn })]),
  );

export const createKeyDatabase = (time: VirtualTime): KeyDatabase => {
  const versions: { readonly at: number; readonly rows: Rows }[] = [{ at: 0, rows: [] }];
  const listeners: ((before: Rows, after: Rows) => void)[] = [];
  const rows = (): Rows => versions.at(-1)?.rows ?? [];
  const clock = (): number => Math.floor(time.now());
  const keep = (after: Rows): void => {
    const before = rows();
    versions.push({ at: time.now(), rows: after });
    for (const listener of listeners) listener(before, after);
  };
  const write = (change: Change, latest = Number.POSITIVE_INFINITY): Promise<boolean> => {
    const after = clock() > latest ? undefined : change(rows());
    if (after !== undefined) keep(after);
    return Promise.resolve(after !== undefined);
  };
  let upFrom = 0;
  return {
    rows,
    clock,
    goDown: (seconds) => {
      upFrom = Math.max(upFrom, time.now() + seconds);
    },
    isDown: () => time.now() < upFrom,
    store: {
      readSigningKeys: () => Promise.resolve({ keys: rows(), databaseNow: clock() }),
      publishSigningKey: (key, latest) => write(insert({ ...key, ...newborn }), latest),
      activateSigningKeys: (activations, latest) => write(inOneTransaction(...activations.map(activate)), latest),
      erasePrivateHalf: (kid, erasedAt) =>
        write(
          updateWhere(
            (row) => row.kid === kid && row.erasedAt === null,
            () => ({ privateJwe: null, erasedAt }),
          ),
        ),
      raiseLongestToken: async (alg, seconds) => {
        await write(
          updateWhere(
            (row) => row.alg === alg && row.privateJwe !== null && row.longestTokenSeconds < seconds,
            () => ({ longestTokenSeconds: seconds }),
          ),
        );
      },
      revokeSigningKey: (revocation, latest) => write(revoke(revocation), latest),
      rewrapSigningKey: (kid, from, to) =>
        write(
          updateWhere(
            (row) => row.kid === kid && row.privateJwe === from,
            () => ({ privateJwe: to }),
          ),
        ),
    },
    failOver: (lostSeconds) => {
      const survived = versions.findLast(({ at }) => at <= time.now() - lostSeconds)?.rows ?? [];
      if (survived !== rows()) keep(survived);
    },
    onChange: (listener) => {
      listeners.push(listener);
    },
  };
};
