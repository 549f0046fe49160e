// What is done to a database that was put back from a backup, before it is served: everything in it that may have been
// spent, ended or revoked since the backup was made ends. Safe to interrupt and to repeat.
import type { Config } from '../config.ts';
import { OperatorError } from '../errors.ts';
import { readOwnEntry } from '../keys/key_history.ts';
import { activeKeyOf, lifetimesOf, ringOf, standbysOf } from '../keys/lifecycle.ts';
import { wrappingContextOf } from '../keys/open_key.ts';
import { type KnownSince, type RestoredKeys, restoreKeys } from '../keys/restore_keys.ts';
import type { RotationParts } from '../keys/rotation.ts';
import { openRotation } from '../node.ts';
import type { Clock, NumericDate } from '../seams/clock.ts';
import type { Endings } from '../seams/restoration_store.ts';
import { signingAlgorithms } from '../seams/signer.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';
import type { Store } from '../seams/store.ts';
import { recordAudit } from '../tokens/audit.ts';
import { findKey } from './find_key.ts';
import { safeText } from './safe_text.ts';

export interface Restored extends RestoredKeys {
  readonly at: NumericDate;
  readonly endings: Endings;
  readonly keys: readonly SigningKeyRecord[];
}

/** What the operator says of the time since the backup. */
export type Said = Omit<KnownSince, 'revokedKids'> & {
  /** Kids, or their beginnings. */
  readonly revoked: readonly string[];
};

const assertOfIssuer = async (store: Store, { issuer }: Config): Promise<readonly SigningKeyRecord[]> => {
  const { keys } = await store.readSigningKeys();
  if (keys.length === 0) throw new OperatorError('There are no signing keys in it: it is no backup of an issuer.');
  const [first] = await store.readKeyEvents(0);
  const found = first === undefined ? issuer : readOwnEntry(first).iss;
  if (found !== issuer)
    throw new OperatorError(
      `The backup is of the issuer ${safeText(found)}, and KEYTURN_ISSUER is ${issuer}. Nothing was changed. Set that to the backup's, or name another backup.`,
    );
  return keys;
};

/** @throws {KeyVaultError} when a key that is to sign on does not open with the ring there is. */
const assertOpens = async ({ store, vault, issuer, policy }: RotationParts): Promise<void> => {
  const { keys, databaseNow } = await store.readSigningKeys();
  for (const alg of signingAlgorithms) {
    const lifetimes = lifetimesOf(ringOf(keys, alg), policy, databaseNow);
    const active = activeKeyOf(lifetimes);
    for (const key of [...(active ? [active] : []), ...standbysOf(lifetimes)])
      if (key.privateJwe !== null) await vault.unwrap(key.privateJwe, wrappingContextOf(issuer, key));
  }
};

/** @throws {OperatorError | KeyVaultError} saying what to put right. */
export const restoreStore = async (store: Store, config: Config, said: Said, clock: Clock): Promise<Restored> => {
  const keys = await assertOfIssuer(store, config);
  const { revoked, ...known } = said;
  const revokedKids = revoked.map((typed) => findKey(typed, keys).kid);
  const parts = { ...(await openRotation(config, store)), store };
  const at = clock.now();
  const endings = await store.endEverything('database_restored', at);
  const restored = await restoreKeys({ ...known, revokedKids }, parts);
  await assertOpens(parts);
  const details = {
    ...(said.backupAt !== undefined && { backup_at: said.backupAt }),
    ...endings,
    keys_revoked: restored.revoked.length,
    keys_lost: restored.lost.length,
    nothing_else_revoked: said.nothingElseRevoked,
  };
  await recordAudit('database.restored', { details }, { store, clock });
  return { ...restored, at, endings, keys: (await store.readSigningKeys()).keys };
};
