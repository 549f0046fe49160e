import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createIdleTurns } from '../../src/adapters/idle_turns.ts';

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, place) => place);

/** Keeps the event loop from being idle until all of it is done. */
const stayBusy = async (isOver: () => boolean): Promise<number> => {
  let turns = 0;
  while (!isOver()) {
    await nextTurn();
    turns += 1;
  }
  return turns;
};

describe('turns of an idle event loop', () => {
  test('what nothing is before begins at once', async () => {
    const takeTurn = createIdleTurns(0);
    let begun = false;
    const turn = takeTurn().then(() => {
      begun = true;
    });
    await Promise.resolve();
    await Promise.resolve();
    expect(begun).toBe(true);
    await turn;
  });

  test('of many at once each begins, in the order they came', async () => {
    const takeTurn = createIdleTurns(100);
    const begun: number[] = [];
    await Promise.all(
      numbers(20).map(async (place) => {
        await takeTurn();
        begun.push(place);
      }),
    );
    expect(begun).toEqual(numbers(20));
  });

  test('while the loop has other things to do, many of its turns pass between two that begin, and none waits for ever', async () => {
    const takeTurn = createIdleTurns(100);
    let begun = 0;
    const all = numbers(5).map(async () => {
      await takeTurn();
      begun += 1;
    });
    const turns = await stayBusy(() => begun === 5);
    await Promise.all(all);
    expect(turns).toBeGreaterThan(5 * 10);
  });

  test('T106: beyond the bound they are refused at once, and those who wait get their turn', async () => {
    const takeTurn = createIdleTurns(3);
    const outcomes = await Promise.allSettled(numbers(6).map(() => takeTurn()));
    expect(outcomes.map(({ status }) => status)).toEqual([
      ...['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled'],
      ...['rejected', 'rejected'],
    ]);
    expect(outcomes[5]).toMatchObject({ reason: { reason: 'passwords_busy' } });
    await expect(takeTurn()).resolves.toBeUndefined();
  });
});
