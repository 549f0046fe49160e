// What revokes is told by when it was done, which nodes hold against the instants in tokens: a command whose clock is
// behind would leave the tokens of this moment as they are, and its marks would be forgotten too early.
import type { Config } from '../config.ts';
import { OperatorError } from '../errors.ts';
import type { AdministeredStore } from '../seams/administered_store.ts';
import type { Terminal } from './terminal.ts';

/** @throws {OperatorError} where this machine's clock is further off the database's than a node's may be. */
export const assertClock = async (
  store: Pick<AdministeredStore, 'readSigningKeys'>,
  { policy: { clockErrorSeconds } }: Pick<Config, 'policy'>,
  { clock }: Pick<Terminal, 'clock'>,
): Promise<void> => {
  const asked = clock.now();
  const { databaseNow } = await store.readSigningKeys();
  const offSeconds = Math.max(asked - databaseNow, databaseNow - clock.now());
  if (offSeconds > clockErrorSeconds)
    throw new OperatorError(
      `This machine's clock is ${offSeconds} s off the database's, at most E = ${clockErrorSeconds} s are allowed: tokens issued at this moment could stay valid. Nothing was changed. Set the clock right and try again.`,
    );
};
