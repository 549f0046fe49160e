import { describe, expect, test } from 'vitest';
import { shareReads } from '../../src/adapters/shared_reads.ts';

/** A read whose every answer waits until the test gives it. */
const createHeldRead = (silentMilliseconds?: number) => {
  const begun: { readonly key: string; give(found: string): void; fail(): void }[] = [];
  const read = (key: string): Promise<string> =>
    new Promise((resolve, reject) => {
      begun.push({ key, give: resolve, fail: () => reject(new TypeError('broken')) });
    });
  return { begun, find: shareReads(read, silentMilliseconds) };
};

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('shared reads', () => {
  test('whoever asks while one is under way shares the next with all who ask then, and none is told what was read before', async () => {
    const { begun, find } = createHeldRead();
    const first = find('a');
    const later = [find('a'), find('a'), find('a')];
    expect(begun).toHaveLength(1);
    begun[0]?.give('old');
    expect(await first).toBe('old');
    await turn();
    expect(begun).toHaveLength(2);
    const latest = find('a');
    begun[1]?.give('new');
    expect(await Promise.all(later)).toEqual(['new', 'new', 'new']);
    await turn();
    begun[2]?.give('newest');
    expect(await latest).toBe('newest');
    expect(begun).toHaveLength(3);
  });

  test('asked when none is under way begins at once', async () => {
    const { begun, find } = createHeldRead();
    const first = find('a');
    begun[0]?.give('one');
    await first;
    const second = find('a');
    expect(begun).toHaveLength(2);
    begun[1]?.give('two');
    expect(await second).toBe('two');
  });

  test('another key waits for nothing', async () => {
    const { begun, find } = createHeldRead();
    const [a, b] = [find('a'), find('b')];
    expect(begun.map(({ key }) => key)).toEqual(['a', 'b']);
    begun[1]?.give('of b');
    expect(await b).toBe('of b');
    begun[0]?.give('of a');
    expect(await a).toBe('of a');
  });

  test('one that fails fails for those who share it, and for nobody after', async () => {
    const { begun, find } = createHeldRead();
    const first = find('a');
    const second = find('a');
    begun[0]?.fail();
    await expect(first).rejects.toThrow('broken');
    await turn();
    begun[1]?.give('read anew');
    expect(await second).toBe('read anew');
  });

  test('one that fails after a silence fails for those who waited as well: none waits for two', async () => {
    const { begun, find } = createHeldRead(20);
    const waiting = [find('a'), find('a'), find('a')];
    const outcomes = Promise.allSettled(waiting);
    await new Promise((resolve) => setTimeout(resolve, 30));
    begun[0]?.fail();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    const after = find('a');
    expect(begun).toHaveLength(2);
    begun[1]?.give('there again');
    expect(await after).toBe('there again');
  });
});
