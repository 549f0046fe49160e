// What the feed says of a mark instead of the value itself: a stranger may read the feed, and learns neither who nor what.
import { hash } from 'node:crypto';
import type { MarkKind } from '../seams/revocation_store.ts';

const hashCharacters = 22;

/** SHA-256 over issuer, kind and value, each on a line, in base64url, of which 22 characters (132 bits) stay. */
export const markHash = (issuer: string, kind: MarkKind, value: string): string =>
  hash('sha256', `keyturn revocation\n${issuer}\n${kind}\n${value}`, 'base64url').slice(0, hashCharacters);
