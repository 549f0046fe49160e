import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createEventLoopTurns } from '../../src/adapters/event_loop_turns.ts';

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, place) => place);

describe('turns of the event loop', () => {
  test('what nothing is before begins at once', async () => {
    const takeTurn = createEventLoopTurns(0);
    let begun = false;
    const turn = takeTurn().then(() => {
      begun = true;
    });
    await Promise.resolve();
    await Promise.resolve();
    expect(begun).toBe(true);
    await turn;
  });

  test('of many at once one begins in each turn, in the order they came', async () => {
    const takeTurn = createEventLoopTurns(100);
    const begun: number[] = [];
    const all = Promise.all(
      numbers(20).map(async (place) => {
        await takeTurn();
        begun.push(place);
      }),
    );
    for (let turn = 0; begun.length < 20; turn += 1) {
      await nextTurn();
      expect(begun.length).toBeLessThanOrEqual(turn + 2);
    }
    await all;
    expect(begun).toEqual(numbers(20));
  });

  test('T106: beyond the bound they are refused at once, and those who wait get their turn', async () => {
    const takeTurn = createEventLoopTurns(3);
    const outcomes = await Promise.allSettled(numbers(6).map(() => takeTurn()));
    expect(outcomes.map(({ status }) => status)).toEqual([
      ...['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled'],
      ...['rejected', 'rejected'],
    ]);
    expect(outcomes[5]).toMatchObject({ reason: { reason: 'passwords_busy' } });
    await nextTurn();
    await expect(takeTurn()).resolves.toBeUndefined();
  });
});
