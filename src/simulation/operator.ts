// The operator at the command line: turns by hand as soon as they are allowed, compromises, rewraps, and commands that
// are killed half way and given again. Through the real turnNow, revokeKey and rewrapKeys.
import { activeKeyOf, lifetimesOf, ringOf, standbysOf } from '../keys/lifecycle.ts';
import { planRevocation } from '../keys/plan_rotation.ts';
import { type RotationParts, revokeKey, rewrapKeys, turnNow, turnRings } from '../keys/rotation.ts';
import type { SigningAlgorithm } from '../seams/signer.ts';
import { StoreUnavailableError } from '../seams/store.ts';
import { type Connection, createConnection, Killed } from './connection.ts';
import type { IssuerNode } from './issuer_node.ts';
import type { KeyDatabase } from './key_database.ts';
import { createPaperVault } from './paper_keys.ts';
import type { Deed, Story } from './story.ts';
import type { VirtualTime } from './virtual_time.ts';

const againSeconds = 5;
const mostTries = 1000;

export interface OperatorParts {
  readonly story: Story;
  readonly time: VirtualTime;
  readonly database: KeyDatabase;
  readonly nodes: readonly IssuerNode[];
  /** The parts of the runner, with the policy of the day. */
  readonly rotation: () => Omit<RotationParts, 'store'>;
}

type Command = (parts: RotationParts) => Promise<unknown>;

const activeKid = async ({ store, policy }: RotationParts, alg: SigningAlgorithm): Promise<string> => {
  const { keys, databaseNow } = await store.readSigningKeys();
  return activeKeyOf(lifetimesOf(ringOf(keys, alg), policy, databaseNow))?.kid ?? '';
};

/** What revoke would be if it promoted the standby and left it at that. */
const revokeInOneTurn = async (parts: RotationParts, alg: SigningAlgorithm): Promise<void> => {
  const { keys, databaseNow } = await parts.store.readSigningKeys();
  const kid = await activeKid(parts, alg);
  const { revokedAt, promotedKid } = planRevocation(ringOf(keys, alg), parts.policy, databaseNow, kid);
  await parts.store.revokeSigningKey({ kid, reason: 'a compromise', revokedAt, promotedKid, successor: null });
  await turnRings(parts);
};

const commandOf = ({ alg, what }: Deed): Command => {
  if (what === 'rotate') return (parts) => turnNow(alg, parts);
  if (what === 'revoke') return async (parts) => revokeKey(await activeKid(parts, alg), 'a compromise', parts);
  if (what === 'revoke_in_one_turn') return (parts) => revokeInOneTurn(parts, alg);
  return (parts) => rewrapKeys({ ...parts, vault: createPaperVault(['newer kek', 'kek']) });
};

export const startOperator = (parts: OperatorParts, deeds: readonly Deed[]): void => {
  const { story, time, database, nodes, rotation } = parts;
  const pause = (seconds: number): Promise<void> => time.sleepUntil(time.now() + seconds);

  /** Until the youngest standby that would take over is as old as Keyturn asks. */
  const untilAllowed = async (alg: SigningAlgorithm): Promise<void> => {
    for (;;) {
      const { policy } = rotation();
      const now = database.clock();
      const [standby] = standbysOf(lifetimesOf(ringOf(database.rows(), alg), policy, now));
      const waitSeconds = standby === undefined ? 10 : standby.publishedAt + policy.leadSeconds - now;
      if (waitSeconds <= 0 && standby !== undefined) return;
      await pause(Math.max(0.5, waitSeconds));
    }
  };

  /** A node reads the keys, and then nothing more until its view is too old to sign with. */
  const blind = async (place: number): Promise<void> => {
    const node = nodes[place % nodes.length] as IssuerNode;
    let isRefreshed = false;
    node.onceRefreshed(() => {
      isRefreshed = true;
    });
    for (let waited = 0; !isRefreshed && waited < 3 * story.timing.snapshotSeconds; waited += 0.05) await pause(0.05);
    node.connection.cutOffUntil(time.now() + story.timing.snapshotSeconds + 5);
  };

  const give = async (command: Command, connection: Connection): Promise<boolean> => {
    try {
      await command({ ...rotation(), store: connection.store });
      return true;
    } catch (error) {
      if (error instanceof Killed || error instanceof StoreUnavailableError) return false;
      throw error;
    }
  };

  /** Gives a command that was killed, or found no database, again. */
  const giveAgain = async (command: Command): Promise<void> => {
    for (let tries = 0; tries < mostTries; tries += 1) {
      await pause(againSeconds);
      if (await give(command, createConnection(database, time))) return;
    }
  };

  const perform = async (deed: Deed): Promise<void> => {
    const { alg, what, notBefore, blindNode, kill } = deed;
    const command = commandOf(deed);
    if (time.now() < notBefore) await time.sleepUntil(notBefore);
    // Asked too early, Keyturn says how long to wait; it must not turn.
    if (what === 'rotate' && kill === undefined) await give(command, createConnection(database, time));
    if (what !== 'rewrap') await untilAllowed(alg);
    if (blindNode !== undefined) await blind(blindNode);
    const connection = createConnection(database, time);
    if (kill !== undefined) connection.kill(kill);
    const isDone = await give(command, connection);
    // A revocation that was killed may have been committed all the same: what signs now is not revoked in its stead.
    if (!isDone && what !== 'revoke') await giveAgain(command);
    await pause(1);
  };

  time.at(1, async () => {
    for (const deed of deeds) await perform(deed);
  });
};
