import { describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/adapters/system_clock.ts';

describe("the machine's clock", () => {
  test.each([
    [1_800_000_000_000, 1_800_000_000],
    [1_800_000_000_999, 1_800_000_000],
    [1_800_000_001_000, 1_800_000_001],
  ])('is told in whole seconds, of which the last has begun: at %i ms it is %i', (milliseconds, seconds) => {
    vi.spyOn(Date, 'now').mockReturnValue(milliseconds);
    expect(systemClock.now()).toBe(seconds);
  });

  test('is the time of day', () => {
    const before = Math.floor(Date.now() / 1000);
    const now = systemClock.now();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now() / 1000);
  });

  test('has a monotonic hand, in seconds, that the time of day does not move', () => {
    const before = systemClock.monotonicSeconds();
    vi.spyOn(Date, 'now').mockReturnValue(0);
    const after = systemClock.monotonicSeconds();
    expect(after).toBeGreaterThanOrEqual(before);
    expect(after).toBeLessThanOrEqual(performance.now() / 1000);
    expect(systemClock.now()).toBe(0);
  });
});
