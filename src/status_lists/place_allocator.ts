// Gives every token a place of its own in a status list. A process makes lists of its own and counts in memory, so no two
// ever give out the same place: not two nodes, not one that was killed and started again, not one on a restored backup.
// The database is told which turns went to which client, a block at a time, before the first of them is used.
import { randomBytes } from 'node:crypto';
import { OAuthError } from '../errors.ts';
import type { Clock, NumericDate } from '../seams/clock.ts';
import type {
  LeaseOutcome,
  Lessee,
  RevocationStore,
  StatusListRecord,
  StatusPlace,
} from '../seams/revocation_store.ts';
import { createPermutation, type Permutation } from './permutation.ts';
import { jtiOf, listExpiry } from './place.ts';

const listIdBytes = 12;
const secretBytes = 32;
const firstBlock = 16;
const blockGrowth = 4;
const largestBlock = 4096;

/** What a token needs to know of its place. */
export interface AllocatedPlace {
  readonly place: StatusPlace;
  readonly listId: string;
  readonly index: number;
  readonly jti: string;
}

/** Turns leased to one client, from `next` up to and without `end`. */
interface Block {
  next: number;
  readonly end: number;
  readonly size: number;
  /** The client's `tokensNotBefore` when it was leased: one that was revoked since is not used on. */
  readonly tokensNotBefore: NumericDate | null;
}

interface OpenList {
  readonly record: StatusListRecord;
  readonly permutation: Permutation;
  nextTurn: number;
  readonly blocks: Map<string, Block>;
  readonly leasing: Map<string, Promise<LeaseOutcome | 'list_full'>>;
}

export interface PlaceAllocator {
  /**
   * @throws {StoreUnavailableError} when a block is needed and cannot be noted.
   * @throws {OAuthError} signing_unavailable: the client was removed or revoked since it was read.
   */
  allocate(client: Lessee, expiresAt: NumericDate, lifetimeSeconds: number): Promise<AllocatedPlace>;
  /** Makes the lists that tokens of these lifetimes will need within `aheadSeconds`, so that verifiers meet none they have not seen. */
  prepare(lifetimes: readonly number[], aheadSeconds: number): Promise<void>;
}

export interface PlaceAllocatorParts {
  readonly store: Pick<RevocationStore, 'addStatusList' | 'leaseTurns'>;
  readonly clock: Clock;
  /** How many places a list has. */
  readonly places: number;
}

const takeFrom = ({ record, permutation }: OpenList, block: Block): AllocatedPlace => {
  const { listId } = record;
  const turn = block.next;
  block.next += 1;
  const index = permutation.indexOf(turn);
  return { place: { listId, turn }, listId, index, jti: jtiOf(record, index) };
};

export const createPlaceAllocator = ({ store, clock, places }: PlaceAllocatorParts): PlaceAllocator => {
  const lists = new Map<NumericDate, Promise<OpenList>>();

  const makeList = async (expiresAt: NumericDate): Promise<OpenList> => {
    const secret = randomBytes(secretBytes);
    const listId = randomBytes(listIdBytes).toString('base64url');
    const record = { listId, secret: secret.toString('base64url'), places, expiresAt };
    await store.addStatusList(record);
    const permutation = createPermutation(secret, places);
    return { record, permutation, nextTurn: 0, blocks: new Map(), leasing: new Map() };
  };

  const forgetExpired = (): void => {
    for (const expiresAt of lists.keys()) if (expiresAt < clock.now()) lists.delete(expiresAt);
  };

  const listFor = (expiresAt: NumericDate): Promise<OpenList> => {
    const known = lists.get(expiresAt);
    if (known !== undefined) return known;
    forgetExpired();
    const made = makeList(expiresAt);
    lists.set(expiresAt, made);
    // One that could not be noted is tried anew by the next token.
    made.catch(() => lists.delete(expiresAt));
    return made;
  };

  /** Instead of one that is full, or that the database knows nothing of. */
  const giveUp = (list: OpenList, open: Promise<OpenList>): void => {
    const { expiresAt } = list.record;
    if (lists.get(expiresAt) === open) lists.delete(expiresAt);
  };

  const lease = async (list: OpenList, lessee: Lessee): Promise<LeaseOutcome | 'list_full'> => {
    const { clientId, tokensNotBefore } = lessee;
    const before = list.blocks.get(clientId);
    const wanted = before === undefined ? firstBlock : Math.min(before.size * blockGrowth, largestBlock);
    const size = Math.min(wanted, places - list.nextTurn);
    if (size === 0) return 'list_full';
    const turn = list.nextTurn;
    list.nextTurn += size;
    const outcome = await store.leaseTurns({ listId: list.record.listId, turn }, size, lessee);
    if (outcome === 'leased') list.blocks.set(clientId, { next: turn, end: turn + size, size, tokensNotBefore });
    return outcome;
  };

  const leaseOnce = (list: OpenList, client: Lessee): Promise<LeaseOutcome | 'list_full'> => {
    const key = JSON.stringify([client.clientId, client.tokensNotBefore]);
    const begun = list.leasing.get(key);
    if (begun !== undefined) return begun;
    const leasing = lease(list, client).finally(() => list.leasing.delete(key));
    list.leasing.set(key, leasing);
    return leasing;
  };

  const usable = (list: OpenList, { clientId, tokensNotBefore }: Lessee): Block | undefined => {
    const block = list.blocks.get(clientId);
    return block !== undefined && block.next < block.end && block.tokensNotBefore === tokensNotBefore
      ? block
      : undefined;
  };

  return {
    allocate: async (client, expiresAt, lifetimeSeconds) => {
      for (;;) {
        const open = listFor(listExpiry(expiresAt, lifetimeSeconds));
        const list = await open;
        const block = usable(list, client);
        if (block !== undefined) return takeFrom(list, block);
        const outcome = await leaseOnce(list, client);
        // The same request, made again, is told what became of the client.
        if (outcome === 'client_changed') throw new OAuthError('signing_unavailable', { cause: outcome });
        if (outcome !== 'leased') giveUp(list, open);
      }
    },
    prepare: async (lifetimes, aheadSeconds) => {
      const now = clock.now();
      const ahead = [0, aheadSeconds];
      const expiries = lifetimes.flatMap((lifetime) =>
        ahead.map((seconds) => listExpiry(now + seconds + lifetime, lifetime)),
      );
      await Promise.all([...new Set(expiries)].map(listFor));
    },
  };
};
