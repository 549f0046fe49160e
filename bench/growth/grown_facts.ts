// What stands in a grown database, by its number: whoever fills it and whoever asks for it make the same names.
import { hashOpaque } from '../../src/tokens/opaque.ts';

export const familiesPerUser = 10;
/** Enough for every round; each is redeemed once. */
export const codes = 20_000;

export const usersOf = (families: number): number => Math.max(1, Math.floor(families / familiesPerUser));
export const userOf = (family: number, families: number): number => family % usersOf(families);

export const usernameOf = (user: number): string => `user-${user}`;
export const refreshTokenOf = (family: number): string => `refresh-token-${family}`;
export const codeOf = (number: number): string => `code-${number}`;
export const browserOf = (user: number): string => `browser-${user}`;

/** An id without order, as random ones are: an index finds no two neighbours beside each other. */
export const idOf = (kind: 'sub' | 'sid' | 'family' | 'session' | 'code family', number: number): string =>
  hashOpaque(`${kind} ${number}`);

/** Divides by neither 2 nor 5, so that of a power of ten it draws each number once before any comes again. */
const stride = 7_654_321;

/** @returns the families in an order that no cache foresees. */
export const drawFamily = (draw: number, families: number): number => (draw * stride) % families;
