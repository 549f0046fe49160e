// The answer a refresh token was exchanged for, kept so that only that token opens it: the key is derived from the
// token, and the database has only the token's hash.
import { createCipheriv, createDecipheriv, createSecretKey, hash, type KeyObject, randomBytes } from 'node:crypto';
import type { TokenResponse } from './issue.ts';

const cipher = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

/**
 * The token is 256 random bits, so one hash makes a key of it; with a label, for the database has its plain SHA-256. A
 * KeyObject: given the bytes, node:crypto takes five times as long to begin.
 */
const keyOf = (refreshToken: string): KeyObject =>
  createSecretKey(hash('sha256', `keyturn refresh answer ${refreshToken}`, 'buffer'));

/** @returns base64url of IV || tag || ciphertext. */
export const sealAnswer = (response: TokenResponse, refreshToken: string): string => {
  const iv = randomBytes(ivBytes);
  const sealing = createCipheriv(cipher, keyOf(refreshToken), iv);
  const ciphertext = Buffer.concat([sealing.update(JSON.stringify(response), 'utf8'), sealing.final()]);
  return Buffer.concat([iv, sealing.getAuthTag(), ciphertext]).toString('base64url');
};

/** @throws {Error} when it was sealed with another token, or altered. */
export const openAnswer = (answer: string, refreshToken: string): TokenResponse => {
  const bytes = Buffer.from(answer, 'base64url');
  const opening = createDecipheriv(cipher, keyOf(refreshToken), bytes.subarray(0, ivBytes));
  opening.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
  const text = Buffer.concat([opening.update(bytes.subarray(ivBytes + tagBytes)), opening.final()]);
  return JSON.parse(text.toString()) as TokenResponse;
};
