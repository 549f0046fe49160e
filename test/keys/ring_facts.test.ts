import { describe, expect, test } from 'vitest';
import { ringFactsOf } from '../../src/keys/ring_facts.ts';
import type { SigningKeyRecord } from '../../src/seams/signing_key_store.ts';
import { keyAt, period, policy, start } from './rotation_parts.ts';

const turn = start + period;
const [first, second] = [keyAt(0), keyAt(1)];

const ofES256 = (keys: readonly SigningKeyRecord[], now: number) => {
  const facts = ringFactsOf(keys, policy, now).find(({ alg }) => alg === 'ES256');
  if (facts === undefined) throw new Error('there is no ES256 ring');
  return facts;
};

const keysIn = (keys: readonly SigningKeyRecord[], now: number) =>
  ofES256(keys, now).states.map((state) => [state.state, state.keys, state.eldestSeconds]);

describe('what a ring is like', () => {
  test('with a standby: none is missing, and its turn is as far as activates_at', () => {
    expect(ofES256([first, second], turn - 7)).toMatchObject({
      standbyMissing: false,
      nextTurnSeconds: 7,
      overdueSeconds: 0,
    });
  });

  test('without a standby: it is missing, there is no next turn, and past its period the active key is overdue', () => {
    expect(ofES256([first], turn)).toMatchObject({
      standbyMissing: true,
      nextTurnSeconds: undefined,
      overdueSeconds: 0,
    });
    expect(ofES256([first], turn + 12).overdueSeconds).toBe(12);
  });

  test('a key counts in the state it is in, from when it came into it', () => {
    expect(keysIn([first, second], turn - 1)).toEqual([
      ['standby', 1, turn - 1 - second.publishedAt],
      ['active', 1, turn - 1 - first.activatesAt],
      ['retiring', 0, 0],
    ]);
    expect(keysIn([first, second], turn + 3)).toEqual([
      ['standby', 0, 0],
      ['active', 1, 3],
      ['retiring', 1, 3],
    ]);
  });

  test('every ring is told of, also one that has no key', () => {
    expect(ringFactsOf([], policy, start).map(({ alg, standbyMissing }) => [alg, standbyMissing])).toEqual([
      ['ES256', true],
      ['RS256', true],
    ]);
  });
});
