// What stands in a grown database, by its number: whoever fills it and whoever asks for it make the same names.
import { nodeRsPasswordHasher } from '../../src/adapters/node_rs_password_hasher.ts';
import { hashOpaque } from '../../src/tokens/opaque.ts';
import { sharedPassword } from '../storm/person.ts';

const familiesPerUser = 10;
/** A proxy tells the addresses that people sign in from. */
export const grownSettings = { KEYTURN_TRUSTED_PROXIES: '1' };
/** Enough for every round; each is redeemed once. */
export const codes = 20_000;

export const usersOf = (families: number): number => Math.max(1, Math.floor(families / familiesPerUser));
export const userOf = (family: number, families: number): number => family % usersOf(families);

export const usernameOf = (user: number): string => `user-${user}`;
export const refreshTokenOf = (family: number): string => `refresh-token-${family}`;
export const codeOf = (number: number): string => `code-${number}`;
/** As a cookie has it. */
export const browserOf = (user: number): string => hashOpaque(`browser-${user}`);

/** Of everyone. Made once: a thousand users are filled in less time than a thousand hashes take. */
export const passwordHash = await nodeRsPasswordHasher.hash(sharedPassword);

type RandomId = 'sub' | 'session';
type OrderedId = 'sid' | 'family' | 'code family';

/** Digits before the random part of an id that sorts by when it was made: those of codes are made last. */
export const firstOf: Readonly<Record<OrderedId, number>> = { sid: 0, family: 0, 'code family': 10 ** 11 };
export const orderDigits = 12;

/** Of random ids an index finds no two neighbours beside each other; ordered ones come one after the other. */
export const idOf = (kind: RandomId | OrderedId, number: number): string => {
  const hash = hashOpaque(`${kind} ${number}`);
  if (kind === 'sub' || kind === 'session') return hash;
  return `${String(firstOf[kind] + number).padStart(orderDigits, '0')}${hash.slice(orderDigits)}`;
};

/** Divides by neither 2 nor 5, so that of a power of ten it draws each number once before any comes again. */
const stride = 7_654_321;

/** @returns the families in an order that no cache foresees. */
export const drawFamily = (draw: number, families: number): number => (draw * stride) % families;
