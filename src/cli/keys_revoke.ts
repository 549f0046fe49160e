// `keyturn keys revoke`: carries a revocation out, or rehearses it, and tells how long verifiers may accept the key.
import { type Config, readConfig } from '../config.ts';
import { OperatorError } from '../errors.ts';
import { wrappingContextOf } from '../keys/open_key.ts';
import { type Rehearsal, rehearseRevocation } from '../keys/rehearse_revocation.ts';
import { revocationExposure, unseenKidSignsAt } from '../keys/revocation_exposure.ts';
import { revokeKey } from '../keys/rotation.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';
import { findKey } from './find_key.ts';
import { instant } from './instants.ts';
import { type OpenRings, withRings } from './open_rings.ts';
import { type Revoked, revokedDocument, revokedInWords, youthInWords } from './revocation_report.ts';
import { type AnswerOptions, answer, type Terminal, warn } from './terminal.ts';

interface RevokeOptions extends AnswerOptions {
  readonly reason: string;
  readonly dryRun?: boolean;
}

const mostReasonCharacters = 200;

const assertReason = (reason: string): void => {
  if (reason.length === 0 || reason.length > mostReasonCharacters || /\p{Cc}/u.test(reason))
    throw new OperatorError(
      `The reason must be one line of 1 to ${mostReasonCharacters} characters; it has ${reason.length}. Nothing was revoked.`,
    );
};

const revokedAlready = ({ kid, revokedAt, revocationReason }: SigningKeyRecord): OperatorError =>
  new OperatorError(
    `The key ${kid} is revoked already, ${revokedAt === null ? 'just now' : `since ${instant(revokedAt)}`} (${revocationReason ?? 'unspecified'}). Nothing was changed.`,
  );

/** @param keys - the rows after the revocation, in the store or on paper. */
const revokedOf = (key: SigningKeyRecord, { plan, keys }: Rehearsal, { policy }: Config): Omit<Revoked, 'dryRun'> => {
  const { revokedAt } = plan;
  const promoted = keys.find(({ kid }) => kid === plan.promotedKid) ?? null;
  const successor = keys.find(({ alg, slot }) => alg === key.alg && slot === plan.successor?.slot) ?? null;
  const exposure = revocationExposure(policy, revokedAt, unseenKidSignsAt(keys, { alg: key.alg, revokedAt }, policy));
  return { key, revokedAt, promoted, successor, exposure };
};

const findUnrevoked = async (typed: string, { store }: OpenRings) => {
  const { keys, databaseNow } = await store.readSigningKeys();
  const key = findKey(typed, keys);
  if (key.revokedAt !== null) throw revokedAlready(key);
  return { key, keys, databaseNow };
};

const carryOut = (typed: string, reason: string, config: Config): Promise<Revoked> =>
  withRings(config, async (rings) => {
    const { key } = await findUnrevoked(typed, rings);
    const plan = await revokeKey(key.kid, reason, rings);
    if (plan === undefined) throw revokedAlready(key);
    const { keys } = await rings.store.readSigningKeys();
    return { dryRun: false, ...revokedOf(key, { plan, keys }, config) };
  });

/** Writes nothing. @throws {KeyVaultError} when the key that would take over does not open here. */
const rehearse = (typed: string, config: Config): Promise<Revoked> =>
  withRings(config, async (rings) => {
    const { key, keys, databaseNow } = await findUnrevoked(typed, rings);
    const rehearsal = rehearseRevocation(keys, config.policy, databaseNow, key);
    const revoked = revokedOf(key, rehearsal, config);
    const { promoted } = revoked;
    if (promoted?.privateJwe) await rings.vault.unwrap(promoted.privateJwe, wrappingContextOf(config.issuer, promoted));
    return { dryRun: true, ...revoked };
  });

export const revoke = async (typed: string, options: RevokeOptions, terminal: Terminal): Promise<void> => {
  const { reason } = options;
  const config = readConfig(terminal.environment);
  assertReason(reason);
  const revoked = await (options.dryRun ? rehearse(typed, config) : carryOut(typed, reason, config));
  const youth = youthInWords(revoked, config.policy.leadSeconds);
  if (youth !== undefined) warn(terminal, youth);
  const words = revokedInWords(revoked, config, terminal.columns);
  answer(terminal, options, revokedDocument(revoked, reason, config), words);
};
