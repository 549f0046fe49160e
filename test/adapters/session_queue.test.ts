import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSessionQueue } from '../../src/adapters/session_queue.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const patience = 1000;

test('so many at once have their turn, the others in the order they came', async () => {
  const queue = createSessionQueue(() => 2);
  const [first, second] = [await queue.turn(patience), await queue.turn(patience)];
  const begun: string[] = [];
  const later = ['third', 'fourth'].map(async (name) => {
    const leave = await queue.turn(patience);
    begun.push(name);
    return leave;
  });
  await vi.advanceTimersByTimeAsync(patience - 1);
  expect(begun).toEqual([]);
  second?.();
  await later[0];
  expect(begun).toEqual(['third']);
  first?.();
  await later[1];
  expect(begun).toEqual(['third', 'fourth']);
});

test('whose patience ends has no turn, and is not waited for', async () => {
  const queue = createSessionQueue(() => 1);
  const leave = await queue.turn(patience);
  const [impatient, patient] = [queue.turn(patience / 2), queue.turn(patience)];
  await vi.advanceTimersByTimeAsync(patience / 2);
  expect(await impatient).toBeUndefined();
  leave?.();
  const left = await patient;
  expect(left).toBeTypeOf('function');
  left?.();
  expect(await queue.turn(0)).toBeTypeOf('function');
});

test('when more are allowed than were, they begin', async () => {
  let allowed = 0;
  const queue = createSessionQueue(() => allowed);
  const begun: string[] = [];
  const turns = ['first', 'second', 'third'].map(async (name) => {
    if ((await queue.turn(patience)) !== undefined) begun.push(name);
  });
  allowed = 2;
  queue.admit();
  await Promise.all(turns.slice(0, 2));
  expect(begun).toEqual(['first', 'second']);
});
