// One node's part in the key history: appends what is due, signs the document that is served. No leader: the place of
// an entry is its primary key, so of nodes that append at once one does, and the others look again.
import { OAuthError } from '../errors.ts';
import type { NumericDate } from '../seams/clock.ts';
import type { KeyEventStore, LoggedEvent, StoredKeyEvent } from '../seams/key_event_store.ts';
import { type Signer, type SigningAlgorithm, signingAlgorithms } from '../seams/signer.ts';
import type { SigningKeyRecord, SigningKeyStore } from '../seams/signing_key_store.ts';
import { type KeyEvent, keyEventsOf } from './key_events.ts';
import { documentType, type HistoryDocument, readOwnEntry, signDocument, signEntry } from './key_history.ts';
import { historicalKeysOf, inTellingOrder, livesOf } from './key_life.ts';
import type { KeyRing } from './key_ring.ts';
import { activeKeyOf, allLifetimesOf, type KeyLifetime } from './lifecycle.ts';
import type { RotationPolicy } from './timing.ts';

export interface KeyHistoryParts {
  readonly issuer: string;
  readonly policy: RotationPolicy;
  readonly store: Pick<SigningKeyStore, 'readSigningKeys'> & KeyEventStore;
  readonly keyRing: Pick<KeyRing, 'activeSigner' | 'leaveOut'>;
}

export interface KeyHistory {
  /** Appends what is due and can be signed here, and signs the document anew when the chain has grown. */
  refresh(): Promise<void>;
  /** The signed document, compact JWS, from memory; undefined until it was first signed. */
  document(): string | undefined;
}

/** Rows and chain as read together, the chain first: its last entry is never younger than the rows. */
interface Known {
  readonly entries: readonly StoredKeyEvent[];
  readonly keys: readonly SigningKeyRecord[];
  readonly lifetimes: readonly KeyLifetime[];
  /** The database's time, but never before the last entry's. */
  readonly now: NumericDate;
}

type Signers = ReadonlyMap<SigningAlgorithm, Signer>;

const mostAttempts = 100;

const lastOf = (entries: readonly StoredKeyEvent[]): StoredKeyEvent | undefined => entries.at(-1);

/** What was read before, and what came since. A database put back from a backup has another end: all is read again. */
const readOn = async (store: KeyEventStore, entries: readonly StoredKeyEvent[]): Promise<readonly StoredKeyEvent[]> => {
  const last = lastOf(entries);
  const [first, ...rest] = await store.readKeyEvents(last?.seq ?? 0);
  if (last === undefined) return first === undefined ? [] : [first, ...rest];
  return first?.jws === last.jws ? [...entries, ...rest] : store.readKeyEvents(0);
};

const read = async ({ store, policy }: KeyHistoryParts, before: readonly StoredKeyEvent[]): Promise<Known> => {
  const entries = await readOn(store, before);
  const { keys, databaseNow } = await store.readSigningKeys();
  const last = lastOf(entries);
  const now = Math.max(databaseNow, last === undefined ? 0 : readOwnEntry(last).iat);
  return { entries, keys, lifetimes: allLifetimesOf(keys, policy, now), now };
};

/** The active key of each ring, where it is open on this node. */
const signersOf = ({ keyRing }: KeyHistoryParts, { lifetimes }: Known): Signers => {
  const open = signingAlgorithms.flatMap((alg) => {
    const active = activeKeyOf(lifetimes.filter(({ key }) => key.alg === alg));
    try {
      const { signer } = keyRing.activeSigner(alg);
      return signer.kid === active?.kid ? [[alg, signer] as const] : [];
    } catch (error) {
      if (error instanceof OAuthError) return [];
      throw error;
    }
  });
  return new Map(open);
};

const isLogged = (event: KeyEvent): event is KeyEvent & { event: LoggedEvent } => event.event !== 'erased';

const signDue = async (
  { issuer }: KeyHistoryParts,
  { entries, keys, lifetimes, now }: Known,
  signers: Signers,
): Promise<readonly StoredKeyEvent[]> => {
  const told = new Set(entries.map(({ kid, event }) => `${kid} ${event}`));
  const due = keyEventsOf(lifetimes, now)
    .filter(isLogged)
    .filter(({ kid, event }) => !told.has(`${kid} ${event}`));
  // Nearly always, and reading thousands of entries takes a tenth of a second.
  if (due.length === 0) return [];
  const signed: StoredKeyEvent[] = [];
  for (const event of inTellingOrder(entries.map(readOwnEntry), due)) {
    const signer = signers.get(event.alg);
    const key = keys.find(({ kid }) => kid === event.kid);
    if (signer === undefined || key === undefined) continue;
    signed.push(await signEntry({ issuer, event, key, iat: now }, lastOf(signed) ?? lastOf(entries), signer));
  }
  return signed;
};

const documentOf = (issuer: string, { entries, lifetimes, now }: Known): HistoryDocument => {
  const leaves = new Map(lifetimes.map(({ key, removedAt }) => [key.kid, removedAt]));
  const lives = livesOf(entries.map(readOwnEntry));
  const keys = historicalKeysOf(lives, (kid) => leaves.get(kid) ?? now);
  return { iss: issuer, iat: now, keys, key_events: entries.map(({ jws }) => jws) };
};

export const createKeyHistory = (parts: KeyHistoryParts): KeyHistory => {
  let entries: readonly StoredKeyEvent[] = [];
  let signed: { readonly head: string; readonly document: string } | undefined;

  const append = async (): Promise<Known> => {
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      const known = await read(parts, entries);
      entries = known.entries;
      const due = await signDue(parts, known, signersOf(parts, known));
      if (due.length === 0) return known;
      if (await parts.store.appendKeyEvents(due)) {
        entries = [...known.entries, ...due];
        return { ...known, entries };
      }
    }
    throw new TypeError(`another node was faster ${mostAttempts} times on end`);
  };

  const sign = async (known: Known): Promise<void> => {
    const head = lastOf(known.entries)?.jws;
    if (head === undefined || head === signed?.head) return;
    const signers = signersOf(parts, known);
    const signer = signingAlgorithms.map((alg) => signers.get(alg)).find((open) => open !== undefined);
    if (signer === undefined) return;
    signed = { head, document: await signDocument(documentType, documentOf(parts.issuer, known), signer) };
  };

  let toldGone = 0;
  /** A longer grace than the one by which a key was removed would bring it back, and make the history untrue. */
  const tellGone = ({ entries: known }: Known): void => {
    const gone = known.filter(({ event }) => event === 'removed').map(({ kid }) => kid);
    if (gone.length === toldGone) return;
    toldGone = gone.length;
    parts.keyRing.leaveOut(new Set(gone));
  };

  return {
    refresh: async () => {
      const known = await append();
      tellGone(known);
      await sign(known);
    },
    document: () => signed?.document,
  };
};
