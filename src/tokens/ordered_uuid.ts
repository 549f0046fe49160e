// Ids that sort by when they were made, UUIDv7 of RFC 9562 §5.7: rows of an hour stand side by side in an index, however many
// millions there are of other hours. To be known, not to be secret.
import { randomUUID } from 'node:crypto';
import type { NumericDate } from '../seams/clock.ts';

/** @param now - whole seconds, as §6.1 allows; of what is made in one of them the order is random. */
export const makeOrderedUuid = (now: NumericDate): string => {
  const milliseconds = (now * 1000).toString(16).padStart(12, '0');
  return `${milliseconds.slice(0, 8)}-${milliseconds.slice(8)}-7${randomUUID().slice(15)}`;
};
