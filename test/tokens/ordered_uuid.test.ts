import { describe, expect, test } from 'vitest';
import { makeOrderedUuid } from '../../src/tokens/ordered_uuid.ts';

describe('UUIDv7, RFC 9562 §5.7', () => {
  test('has the version, the variant, and the milliseconds in front', () => {
    // The instant of RFC 9562 appendix A.6, in whole seconds.
    expect(makeOrderedUuid(1_645_557_742)).toMatch(/^017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test('sorts by when it was made, to the second, from 1970 to the year 10000', () => {
    const instants = [0, 1, 1_645_557_742, 1_645_557_743, 4_294_967_296, 253_402_300_800];
    const ids = instants.map(makeOrderedUuid);
    expect(ids.toSorted()).toEqual(ids);
    for (const id of ids) expect(id).toHaveLength(36);
  });

  test('of one second no two are alike', () => {
    expect(new Set(Array.from({ length: 1000 }, () => makeOrderedUuid(1_800_000_000))).size).toBe(1000);
  });
});
