// Opens the rings for a command that changes them. It never makes the first keys: that is the server's to do.
import type { Config } from '../config.ts';
import { OperatorError } from '../errors.ts';
import type { RotationParts } from '../keys/rotation.ts';
import { openRotation } from '../node.ts';
import type { AdministeredStore } from '../seams/administered_store.ts';
import { withExistingStore } from './with_store.ts';

export interface OpenRings extends RotationParts {
  readonly store: AdministeredStore;
}

/** @throws {OperatorError} where there is no database or no key in it. */
export const withRings = <Result>(config: Config, work: (rings: OpenRings) => Promise<Result>): Promise<Result> =>
  withExistingStore(config, async (store) => {
    const { keys } = await store.readSigningKeys();
    if (keys.length === 0)
      throw new OperatorError(
        'There are no keys yet. Start the server once ("npx keyturn serve"): its first start makes them.',
      );
    return work({ ...(await openRotation(config, store)), store });
  });
