// Opaque values (codes, cookies): 256 random bits, kept only as SHA-256.
import { hash, randomBytes } from 'node:crypto';

/** @returns 43 base64url characters (32 bytes). */
export const makeOpaque = (): string => randomBytes(32).toString('base64url');

/** @returns SHA-256 of the value, base64url. */
export const hashOpaque = (value: string): string => hash('sha256', value, 'base64url');
