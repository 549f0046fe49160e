import { expect, test, vi } from 'vitest';
import { watchStore } from '../../src/adapters/observed_store.ts';
import { isReading, readingVerbs } from '../../src/seams/administered_store.ts';
import { noMetrics } from '../../src/seams/metrics.ts';
import type { Store } from '../../src/seams/store.ts';

test('how long a write took is told of writes alone', async () => {
  const storeWritten = vi.fn();
  const verbs = [...readingVerbs, 'addUser', 'endSession'] as const;
  const answers = Object.fromEntries(verbs.map((verb) => [verb, async () => verb]));
  const store = watchStore(answers as unknown as Store, { ...noMetrics, storeWritten });
  // What the verbs are given is nothing to who watches them.
  for (const verb of verbs) await (store[verb] as () => Promise<unknown>)();
  expect(storeWritten).toHaveBeenCalledTimes(verbs.filter((verb) => !isReading(verb as 'addUser')).length);
});
