import { describe, expect, test } from 'vitest';
import { createChance } from '../../src/simulation/chance.ts';
import { createVerifier, type Verdict } from '../../src/simulation/verifier.ts';
import { verifierKinds } from '../../src/simulation/verifier_kinds.ts';
import { createVirtualTime } from '../../src/simulation/virtual_time.ts';

interface Showing {
  readonly at: number;
  readonly kid: string;
}

/** What is published by the time, and what a verifier answers to tokens shown to it. */
const answersOf = async (
  name: string,
  published: (now: number) => readonly string[] | undefined,
  showings: readonly Showing[],
): Promise<readonly string[]> => {
  const kind = verifierKinds.find((candidate) => candidate.name === name);
  if (kind === undefined) throw new TypeError(`there is no ${name}`);
  const time = createVirtualTime();
  const fetchKeySet = async () => {
    const kids = published(time.now());
    await time.sleepUntil(time.now() + 0.1);
    return kids && { kids: new Set(kids), maxAgeSeconds: 300 };
  };
  const verifier = createVerifier(kind, { time, chance: createChance(1), fetchKeySet });
  const answers: string[] = [];
  const told = (kid: string, verdict: Verdict): void => {
    answers.push(`${kid} ${verdict}`);
  };
  for (const { at, kid } of showings) time.at(at, () => verifier.present([kid], told));
  await time.run(1e9);
  return answers;
};

const always = (): readonly string[] => ['old'];
const newFrom =
  (from: number) =>
  (now: number): readonly string[] =>
    now < from ? ['old'] : ['old', 'new'];

describe('verifiers of the simulation keep a key set as the libraries do', () => {
  test('jose asks again on an unknown kid, but not within its cooldown of 30 s', async () => {
    const shown = [
      { at: 0, kid: 'old' },
      { at: 10, kid: 'new' },
      { at: 31, kid: 'new' },
    ];
    expect(await answersOf('jose', newFrom(5), shown)).toEqual(['old accepted', 'new refused', 'new accepted']);
  });

  test('Envoy waits for its 600 s to be over', async () => {
    const shown = [
      { at: 0, kid: 'old' },
      { at: 599, kid: 'new' },
      { at: 601, kid: 'new' },
    ];
    expect(await answersOf('Envoy', newFrom(5), shown)).toEqual(['old accepted', 'new refused', 'new accepted']);
  });

  test('who obeys max-age keeps a key that was removed for max-age and no longer', async () => {
    const shown = [
      { at: 0, kid: 'old' },
      { at: 299, kid: 'old' },
      { at: 301, kid: 'old' },
    ];
    const removed = (now: number) => (now < 1 ? ['old'] : ['new']);
    expect(await answersOf('obeys max-age', removed, shown)).toEqual(['old accepted', 'old accepted', 'old refused']);
  });

  test('aws-jwt-verify keeps a removed key until it meets a kid it does not know', async () => {
    const shown = [
      { at: 0, kid: 'old' },
      { at: 90_000, kid: 'old' },
      { at: 90_001, kid: 'new' },
      { at: 90_002, kid: 'old' },
    ];
    const removed = (now: number) => (now < 1 ? ['old'] : ['new']);
    expect(await answersOf('aws-jwt-verify', removed, shown)).toEqual([
      'old accepted',
      'old accepted',
      'new accepted',
      'old refused',
    ]);
  });

  test('aws-jwt-verify does not ask for 10 s after it asked in vain', async () => {
    const shown = [
      { at: 0, kid: 'old' },
      { at: 1, kid: 'forged' },
      { at: 5, kid: 'new' },
      { at: 12, kid: 'new' },
    ];
    expect(await answersOf('aws-jwt-verify', newFrom(3), shown)).toEqual([
      'old accepted',
      'forged refused',
      'new refused',
      'new accepted',
    ]);
  });

  test('.NET takes the old set while it renews it in the background after 12 h', async () => {
    const shown = [
      { at: 0, kid: 'old' },
      { at: 50_000, kid: 'old' },
      { at: 50_001, kid: 'old' },
    ];
    const removed = (now: number) => (now < 1 ? ['old'] : ['new']);
    expect(await answersOf('.NET', removed, shown)).toEqual(['old accepted', 'old accepted', 'old refused']);
  });

  test('jwks-rsa keeps each key it looked up for 600 s', async () => {
    const shown = [
      { at: 0, kid: 'old' },
      { at: 300, kid: 'new' },
      { at: 599, kid: 'old' },
      { at: 601, kid: 'old' },
    ];
    const removed = (now: number) => (now < 1 ? ['old'] : ['new']);
    expect(await answersOf('jwks-rsa', removed, shown)).toEqual([
      'old accepted',
      'new accepted',
      'old accepted',
      'old refused',
    ]);
  });

  test("Keyturn's renews ahead of max-age, and goes on with the old set while nobody answers", async () => {
    const shown = [
      { at: 0, kid: 'old' },
      { at: 226, kid: 'old' },
      { at: 299, kid: 'new' },
      { at: 900, kid: 'new' },
    ];
    const downAfter = (now: number) => (now < 240 ? newFrom(5)(now) : undefined);
    expect(await answersOf('Keyturn', downAfter, shown)).toEqual([
      'old accepted',
      'old accepted',
      'new accepted',
      'new accepted',
    ]);
  });

  test("Keyturn's asks for a kid nobody knows once in 300 s, unless the key set changes", async () => {
    const shown = [0, 40, 80, 120].map((at) => ({ at, kid: at === 0 ? 'old' : 'forged' }));
    const asked: number[] = [];
    const noting = (now: number) => {
      asked.push(now);
      return ['old'];
    };
    await answersOf('Keyturn', noting, shown);
    expect(asked).toEqual([0, 40]);
  });

  test('no answer at the first fetch is no refusal', async () => {
    expect(await answersOf('jose', () => undefined, [{ at: 0, kid: 'old' }])).toEqual(['old none']);
    expect(await answersOf('jose', always, [{ at: 0, kid: 'old' }])).toEqual(['old accepted']);
  });
});
