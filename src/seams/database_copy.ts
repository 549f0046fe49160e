import type { NumericDate } from './clock.ts';

/**
 * Why a database is not to be served:
 * - `backup`: it is one, and would revive what ended since; `restore` puts it in place.
 * - `unfinished`: a copy into it did not come to its end.
 * - `moved`: it was copied elsewhere, and what was spent there since is unspent here.
 */
export const copyKinds = ['backup', 'unfinished', 'moved'] as const;
export type CopyKind = (typeof copyKinds)[number];

/** The mark of a database that is a copy, or has been copied away. One that is served has none. */
export interface DatabaseCopy {
  readonly kind: CopyKind;
  /** When it was copied: nothing that came later is in a backup. */
  readonly at: NumericDate;
  /** The other database, for people; never with a password. */
  readonly other: string | null;
}
