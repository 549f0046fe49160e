// Where a token stands in a status list, and the `jti` that says so: who has the jti alone finds the place, and a jti that
// was mistyped or made up finds none.
import { hash } from 'node:crypto';
import type { NumericDate } from '../seams/clock.ts';
import type { StatusListRecord, StatusPlace } from '../seams/revocation_store.ts';
import { createPermutation } from './permutation.ts';

const shortestWindowSeconds = 900;
/** A token's list lives at most a quarter of the token's lifetime longer than the token, or the shortest window. */
const windowsInLifetime = 4;
const proofCharacters = 22;
const jtiForm = /^([A-Za-z0-9_-]{16})\.([0-9a-z]{1,7})\.([A-Za-z0-9_-]{22})$/;

/** When the list of a token expires: lists are of windows on one grid, longer ones for tokens that live long. */
export const listExpiry = (expiresAt: NumericDate, lifetimeSeconds: number): NumericDate => {
  let window = shortestWindowSeconds;
  while (window * windowsInLifetime < lifetimeSeconds) window *= 2;
  return Math.ceil(expiresAt / window) * window;
};

const proofOf = ({ secret }: StatusListRecord, index: number): string =>
  hash('sha256', `keyturn jti\n${secret}\n${index}`, 'base64url').slice(0, proofCharacters);

/** @returns LIST.INDEX.PROOF; unique, because the place is. */
export const jtiOf = (list: StatusListRecord, index: number): string =>
  `${list.listId}.${index.toString(36)}.${proofOf(list, index)}`;

export const listIdOf = (jti: string): string | undefined => jtiForm.exec(jti)?.[1];

/** @returns the place a jti of this list proves; undefined where it proves none. */
export const placeOf = (jti: string, list: StatusListRecord): StatusPlace | undefined => {
  const [, listId, written = '', proof] = jtiForm.exec(jti) ?? [];
  const index = Number.parseInt(written, 36);
  if (listId !== list.listId || index >= list.places || proof !== proofOf(list, index)) return undefined;
  const secret = Buffer.from(list.secret, 'base64url');
  return { listId: list.listId, turn: createPermutation(secret, list.places).turnOf(index) };
};
