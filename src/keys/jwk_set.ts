// What is published at jwks_uri: the public halves of standby, active and retiring keys, the same bytes on every node.
import { createHash } from 'node:crypto';
import type { NumericDate } from '../seams/clock.ts';
import { signingAlgorithms } from '../seams/signer.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';
import { publicHalfOf } from './generate.ts';
import { isPublished, lifetimesOf, ringOf } from './lifecycle.ts';
import type { RotationPolicy } from './timing.ts';

export interface PublishedJwkSet {
  /** A JWK Set, RFC 7517 §5, as JSON text. */
  readonly body: string;
  /** Strong entity tag, quotes included. RFC 9110 §8.8.3. */
  readonly etag: string;
  /** The kids in it, in order, by single spaces. */
  readonly kids: string;
}

/** The published keys by algorithm, each ring in the order of its slots. */
export const publishedKeysOf = (
  keys: readonly SigningKeyRecord[],
  policy: RotationPolicy,
  now: NumericDate,
): readonly SigningKeyRecord[] =>
  signingAlgorithms.flatMap((alg) =>
    lifetimesOf(ringOf(keys, alg), policy, now)
      .filter(isPublished)
      .map((lifetime) => lifetime.key)
      .sort((left, right) => left.slot - right.slot),
  );

export const jwkSetOf = (published: readonly SigningKeyRecord[]): PublishedJwkSet => {
  const body = JSON.stringify({ keys: published.map((key) => publicHalfOf(key.publicJwk, key.alg, key.kid)) });
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
  return { body, etag, kids: published.map((key) => key.kid).join(' ') };
};
