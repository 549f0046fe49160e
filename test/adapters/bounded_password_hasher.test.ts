import { describe, expect, test, vi } from 'vitest';
import { boundPasswordHasher } from '../../src/adapters/bounded_password_hasher.ts';
import { PasswordHasherBusyError } from '../../src/seams/password_hasher.ts';

/** A hasher whose every work waits until the test lets it go on. */
const createHeldHasher = () => {
  const begun: { readonly password: string; finish(): void; fail(): void }[] = [];
  const held = <Result>(password: string, result: Result): Promise<Result> =>
    new Promise((resolve, reject) => {
      begun.push({ password, finish: () => resolve(result), fail: () => reject(new TypeError('broken')) });
    });
  return {
    begun,
    hasher: {
      hash: (password: string) => held(password, `hash of ${password}`),
      verify: (_passwordHash: string, password: string) => held(password, true),
      accepts: () => true,
      needsRehash: () => true,
    },
  };
};

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

const passwordsOf = (begun: readonly { readonly password: string }[]) => begun.map(({ password }) => password);

describe('T106: a bounded password hasher', () => {
  test('as many at once as it may, the next in line in their order, hashing and verifying alike', async () => {
    const { begun, hasher } = createHeldHasher();
    const bounded = boundPasswordHasher(hasher, 2, 2);
    const work = [bounded.hash('a'), bounded.verify('', 'b'), bounded.verify('', 'c'), bounded.hash('d')];
    await turns();
    expect(passwordsOf(begun)).toEqual(['a', 'b']);
    begun[1]?.finish();
    await turns();
    expect(passwordsOf(begun)).toEqual(['a', 'b', 'c']);
    begun[0]?.finish();
    await turns();
    expect(passwordsOf(begun)).toEqual(['a', 'b', 'c', 'd']);
    for (const { finish } of begun) finish();
    expect(await Promise.all(work)).toEqual(['hash of a', true, true, 'hash of d']);
  });

  test('past the queue each is refused at once, and nothing of it begun', async () => {
    const { begun, hasher } = createHeldHasher();
    const bounded = boundPasswordHasher(hasher, 1, 1);
    const work = [bounded.hash('a'), bounded.hash('b')];
    for (let turn = 0; turn < 100; turn += 1)
      await expect(bounded.verify('', 'refused')).rejects.toBeInstanceOf(PasswordHasherBusyError);
    expect(passwordsOf(begun)).toEqual(['a']);
    begun[0]?.finish();
    await turns();
    begun[1]?.finish();
    await Promise.all(work);
    expect(passwordsOf(begun)).toEqual(['a', 'b']);
  });

  test.each([
    ['verify', 20_000],
    ['hash', 8_000],
  ] as const)(
    'one that waits to %s for %i ms is refused, never begun, and takes no place from those behind it',
    async (kind, most) => {
      vi.useFakeTimers();
      try {
        const { begun, hasher } = createHeldHasher();
        const bounded = boundPasswordHasher(hasher, 1, 2);
        const running = bounded.hash('a');
        const waitFor = (password: string) => (kind === 'hash' ? bounded.hash(password) : bounded.verify('', password));
        const late = expect(waitFor('late')).rejects.toBeInstanceOf(PasswordHasherBusyError);
        await vi.advanceTimersByTimeAsync(most - 1);
        expect(bounded.queue()).toEqual({ running: 1, waiting: 1 });
        const behind = waitFor('behind');
        await vi.advanceTimersByTimeAsync(1);
        await late;
        expect(bounded.queue()).toEqual({ running: 1, waiting: 1 });
        begun[0]?.finish();
        await running;
        await turns();
        // Whoever has begun is not refused any more, however long it takes.
        await vi.advanceTimersByTimeAsync(60_000);
        begun[1]?.finish();
        expect(await behind).toBe(kind === 'hash' ? 'hash of behind' : true);
        expect(passwordsOf(begun)).toEqual(['a', 'behind']);
        expect(bounded.queue()).toEqual({ running: 0, waiting: 0 });
        expect(vi.getTimerCount()).toBe(0);
      } finally {
        vi.useRealTimers();
      }
    },
  );

  test('a place is free again after a failure', async () => {
    const { begun, hasher } = createHeldHasher();
    const bounded = boundPasswordHasher(hasher, 1, 1);
    const [failing, waiting] = [bounded.hash('a'), bounded.hash('b')];
    await turns();
    begun[0]?.fail();
    await expect(failing).rejects.toThrow('broken');
    begun[1]?.finish();
    expect(await waiting).toBe('hash of b');
    const later = bounded.hash('c');
    begun[2]?.finish();
    expect(await later).toBe('hash of c');
  });

  test('whether to rehash is asked without waiting', () => {
    const { hasher } = createHeldHasher();
    expect(boundPasswordHasher(hasher, 0, 0).needsRehash('')).toBe(true);
  });
});
