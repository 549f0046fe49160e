// The rows of `signing_key` in memory, changed under the conditions of SigningKeyStore but without a database or a key
// pair: a kid is its ring and slot. What the real store does with the same plans is shown in real_store.test.ts.
import type { PlannedKey, PlannedRevocation, RotationPlan } from '../../src/keys/plan_rotation.ts';
import type { RotationPolicy } from '../../src/keys/timing.ts';
import type { NumericDate } from '../../src/seams/clock.ts';
import type { SigningKeyRecord } from '../../src/seams/signing_key_store.ts';

export type Rows = readonly SigningKeyRecord[];

export const newRow = (planned: PlannedKey, longestTokenSeconds: number, made = ''): SigningKeyRecord => {
  const kid = `${planned.alg}-${planned.slot}${made}`;
  return {
    ...planned,
    kid,
    publicJwk: { kid },
    privateJwe: `private half of ${kid}`,
    longestTokenSeconds,
    erasedAt: null,
    revokedAt: null,
    revocationReason: null,
  };
};

/** Inserts on conflict do nothing, on the primary key (alg, slot). */
export const insertRow = (rows: Rows, row: SigningKeyRecord): Rows =>
  rows.some((other) => other.alg === row.alg && other.slot === row.slot) ? rows : [...rows, row];

const raised = (row: SigningKeyRecord, plan: RotationPlan, seconds: number): SigningKeyRecord =>
  plan.raise.includes(row.alg) && row.privateJwe !== null && row.longestTokenSeconds < seconds
    ? { ...row, longestTokenSeconds: seconds }
    : row;

const erased = (row: SigningKeyRecord, plan: RotationPlan): SigningKeyRecord => {
  const erasure = plan.erase.find(({ kid }) => kid === row.kid);
  return erasure === undefined || row.erasedAt !== null
    ? row
    : { ...row, privateJwe: null, erasedAt: erasure.erasedAt };
};

export const activateRow = (rows: Rows, kid: string, activatesAt: NumericDate): Rows =>
  rows.map((row) =>
    row.kid === kid && row.revokedAt === null && row.activatesAt > activatesAt ? { ...row, activatesAt } : row,
  );

const activated = (rows: Rows, { activate }: RotationPlan): Rows =>
  activate.reduce((sofar, { kid, activatesAt }) => activateRow(sofar, kid, activatesAt), rows);

/** What turnRings does with a plan. The same rows come back when nothing was due. */
export const applyPlan = (rows: Rows, plan: RotationPlan, { maxTokenSeconds }: RotationPolicy, made = ''): Rows => {
  if ([plan.activate, plan.raise, plan.publish, plan.erase].every((steps) => steps.length === 0)) return rows;
  return plan.publish
    .reduce(
      (sofar: Rows, planned) => insertRow(sofar, newRow(planned, maxTokenSeconds, made)),
      activated(rows, plan).map((row) => raised(row, plan, maxTokenSeconds)),
    )
    .map((row) => erased(row, plan));
};

export const revokeRow = (rows: Rows, kid: string, plan: PlannedRevocation, policy: RotationPolicy): Rows => {
  const { revokedAt, promotedKid, successor } = plan;
  const changed = rows.map((row) => {
    if (row.kid === kid)
      return { ...row, revokedAt, revocationReason: 'a test', privateJwe: null, erasedAt: row.erasedAt ?? revokedAt };
    return row.kid === promotedKid ? { ...row, activatesAt: revokedAt } : row;
  });
  return successor === null ? changed : insertRow(changed, newRow(successor, policy.maxTokenSeconds));
};
