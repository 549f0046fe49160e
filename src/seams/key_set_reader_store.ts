import type { NumericDate } from './clock.ts';

/** What one kind of reader is known to have of one key. A kind is a product and its version: nobody is in it. */
export interface KeySetReader {
  /** As normalised from User-Agent, like `jose/6.2.17`; `other` for all beyond the bound. */
  readonly reader: string;
  /** A key that was in the key set it got. */
  readonly kid: string;
  /** How often it got a key set with that key in it, or was told that the one it has is good. */
  readonly fetches: number;
  readonly firstAt: NumericDate;
  readonly lastAt: NumericDate;
}

/** Who has fetched the key set, counted together by all nodes. */
export interface KeySetReaderStore {
  /**
   * Adds counts up. A reader that is not known yet is counted as `others` once `mostReaders` are.
   *
   * @param reads - what was counted since the last time, at most one for each reader and kid.
   */
  addKeySetReads(reads: readonly KeySetReader[], mostReaders: number, others: string): Promise<void>;
  /** By reader. */
  listKeySetReaders(): Promise<readonly KeySetReader[]>;
}
