import { describe, expect, test } from 'vitest';
import { boundPasswordHasher, boundPasswordWork } from '../../src/adapters/bounded_password_hasher.ts';
import { PasswordHasherBusyError } from '../../src/seams/password_hasher.ts';
import { StoreUnavailableError } from '../../src/seams/store.ts';

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

  test('F7: where one meets a database that is away, those who wait are told so, and do not meet it in turn', async () => {
    const { run, queue } = boundPasswordWork(2, 100);
    let begun = 0;
    const meetsNothing = async (): Promise<void> => {
      begun += 1;
      await turns();
      throw new StoreUnavailableError('away');
    };
    const told = await Promise.allSettled(Array.from({ length: 50 }, () => run(meetsNothing)));
    for (const answer of told) expect(answer).toMatchObject({ reason: expect.any(StoreUnavailableError) });
    expect(begun).toBe(2);
    expect(queue()).toEqual({ running: 0, waiting: 0 });
    expect(await run(async () => 'back')).toBe('back');
  });

  test('of work around a hash, only so much has begun, and each that begins tells how long it waited', async () => {
    const waits: number[] = [];
    const { run, queue } = boundPasswordWork(2, 2, (seconds) => waits.push(seconds));
    const finish: (() => void)[] = [];
    const asked = [0, 1, 2, 3, 4].map((place) =>
      run(() => new Promise<number>((resolve) => finish.push(() => resolve(place)))),
    );
    await expect(asked[4]).rejects.toBeInstanceOf(PasswordHasherBusyError);
    expect(queue()).toEqual({ running: 2, waiting: 2 });
    expect(waits).toHaveLength(2);
    for (let place = 0; place < 4; place += 1) {
      finish[place]?.();
      await turns();
    }
    expect(await Promise.all(asked.slice(0, 4))).toEqual([0, 1, 2, 3]);
    expect(waits.every((seconds) => seconds >= 0)).toBe(true);
    expect(queue()).toEqual({ running: 0, waiting: 0 });
  });

  test('whether to rehash is asked without waiting', () => {
    const { hasher } = createHeldHasher();
    expect(boundPasswordHasher(hasher, 0, 0).needsRehash('')).toBe(true);
  });
});
