// Client secrets: made here with 256 bits, kept as SHA-256, compared in constant time.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Client } from '../seams/client_store.ts';
import type { NumericDate } from '../seams/clock.ts';

export const generateClientSecret = (): string => randomBytes(32).toString('base64url');

const digest = (secret: string): Buffer => hash('sha256', secret, 'buffer');

export const hashClientSecret = (secret: string): string => digest(secret).toString('base64url');

/** What the secret of a client that does not exist is compared with; no secret has this hash. */
const nobodysHash = Buffer.alloc(32);

const equals = (presented: Buffer, kept: string | null): boolean =>
  timingSafeEqual(presented, kept === null ? nobodysHash : Buffer.from(kept, 'base64url'));

/** Whether the secret is the client's present one, or its previous one within the overlap. The same work for an unknown client. */
export const isClientSecret = (secret: string, client: Client | undefined, now: NumericDate): boolean => {
  const presented = digest(secret);
  const previousExpiresAt = client?.previousClientSecretExpiresAt ?? 0;
  const present = equals(presented, client?.clientSecretSha256 ?? null);
  const previous = equals(presented, client?.previousClientSecretSha256 ?? null);
  return present || (previous && now < previousExpiresAt);
};
