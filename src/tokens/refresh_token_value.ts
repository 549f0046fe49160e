// What refresh tokens are made of: each tells its family, so that its reuse is seen long after the store has forgotten it
// (RFC 9700 §4.14.2), and what is kept of a family does not grow with every refresh. To everybody else they are opaque.
import { hash, randomBytes } from 'node:crypto';
import type { TokenFamily } from '../seams/token_store.ts';
import { hashOpaque, makeOpaque } from './opaque.ts';

// A token is stem || nonce || check. The stem, the family's id and a secret, is the same in all of its tokens; access tokens
// show the id, so it is the secret that proves that one was given. The check tells a token of long ago from one that was
// damaged on its way.
const [idBytes, secretBytes, nonceBytes, checkBytes] = [16, 16, 16, 6];
const stemBytes = idBytes + secretBytes;
/** The one spelling there is of so many bytes: Buffer takes others. */
const spelling = /^[A-Za-z0-9_-]{72}$/;

const checkOf = (checked: Buffer): Buffer => hash('sha256', checked, 'buffer').subarray(0, checkBytes);

const makeValue = (stem: Buffer): string => {
  const checked = Buffer.concat([stem, randomBytes(nonceBytes)]);
  return Buffer.concat([checked, checkOf(checked)]).toString('base64url');
};

const stemIn = (value: string): Buffer | undefined => {
  if (!spelling.test(value)) return undefined;
  const bytes = Buffer.from(value, 'base64url');
  return checkOf(bytes.subarray(0, -checkBytes)).equals(bytes.subarray(-checkBytes))
    ? bytes.subarray(0, stemBytes)
    : undefined;
};

const secretHashOf = (stem: Buffer): string => hashOpaque(stem.toString('base64url', idBytes));

const uuidOf = (stem: Buffer): string =>
  stem.toString('hex', 0, idBytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

export interface FirstRefreshToken {
  /** 72 base64url characters, of which 256 bits are random. */
  readonly value: string;
  /** To be kept with the family. */
  readonly secretHash: string;
}

/** @param familyId - a UUID. */
export const firstRefreshToken = (familyId: string): FirstRefreshToken => {
  const stem = Buffer.concat([Buffer.from(familyId.replaceAll('-', ''), 'hex'), randomBytes(secretBytes)]);
  return { value: makeValue(stem), secretHash: secretHashOf(stem) };
};

/** @returns one of the same family; it tells it if `presented` does, which one of the version before does not. */
export const nextRefreshToken = (presented: string): string => {
  const stem = stemIn(presented);
  return stem === undefined ? makeOpaque() : makeValue(stem);
};

/** @returns the id of the family it claims to be of, to be proved by isOfFamily; undefined where it tells none. */
export const familyIdIn = (value: string): string | undefined => {
  const stem = stemIn(value);
  return stem && uuidOf(stem);
};

/** Whether a token of this family was given to whoever presents it, spent or not. */
export const isOfFamily = (value: string, { familyId, secretHash }: TokenFamily): boolean => {
  const stem = stemIn(value);
  return stem !== undefined && uuidOf(stem) === familyId && secretHashOf(stem) === secretHash;
};
