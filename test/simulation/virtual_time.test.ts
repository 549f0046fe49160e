import { describe, expect, test } from 'vitest';
import { createVirtualTime } from '../../src/simulation/virtual_time.ts';

describe('virtual time', () => {
  test('things happen in the order of their times, and at the same time in the order they were asked for', async () => {
    const time = createVirtualTime();
    const seen: string[] = [];
    for (const [at, name] of [
      [5, 'c'],
      [2, 'a'],
      [5, 'd'],
      [3, 'b'],
    ] as const)
      time.at(at, () => seen.push(name));
    await time.run(4);
    expect(seen).toEqual(['a', 'b']);
    await time.run(10);
    expect(seen).toEqual(['a', 'b', 'c', 'd']);
    expect(time.now()).toBe(10);
  });

  test('a process goes on when its sleep is over and not before, whatever else goes on meanwhile', async () => {
    const time = createVirtualTime();
    const seen: string[] = [];
    const process = (name: string, seconds: number) => async (): Promise<void> => {
      for (let turn = 0; turn < 3; turn += 1) {
        await time.sleepUntil(time.now() + seconds);
        seen.push(`${name} ${time.now()}`);
      }
    };
    time.at(0, process('slow', 10));
    time.at(0, process('quick', 4));
    await time.run(100);
    expect(seen).toEqual(['quick 4', 'quick 8', 'slow 10', 'quick 12', 'slow 20', 'slow 30']);
  });

  test('what a process throws ends the run', async () => {
    const time = createVirtualTime();
    time.at(1, () => Promise.reject(new Error('broken')));
    await expect(time.run(2)).rejects.toThrow('broken');
  });
});
