import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createD1Migrations } from '../../src/adapters/d1_migrations.ts';
import { StoreUnavailableError } from '../../src/seams/store.ts';
import { createManualClock } from '../manual_clock.ts';

type Binding = Parameters<typeof createD1Migrations>[0];

const { entries } = JSON.parse(readFileSync('drizzle/sqlite/meta/_journal.json', 'utf8')) as {
  readonly entries: readonly { readonly tag: string }[];
};
const tags = entries.map(({ tag }) => tag);

/** D1 as far as a query goes, on the SQLite of Node. */
const openOne = () => {
  const client = new Database(':memory:');
  onTestFinished(() => {
    client.close();
  });
  let [queries, isDown] = [0, false];
  const prepare = (text: string) => {
    let bound: unknown[] = [];
    const prepared = {
      bind: (...values: unknown[]) => {
        bound = values;
        return prepared;
      },
      run: () => expect.fail('nothing is written'),
      raw: async () => {
        queries += 1;
        if (isDown) throw new Error('D1_ERROR: D1 DB is overloaded.');
        return client.prepare(text).raw().all(bound) as unknown[][];
      },
    };
    return prepared;
  };
  const binding: Binding = { prepare, batch: () => expect.fail('nothing is written') };
  return {
    binding,
    queries: () => queries,
    apply: (tag: string) => client.exec(readFileSync(`drizzle/sqlite/${tag}.sql`, 'utf8')),
    goDown: (down: boolean) => {
      isDown = down;
    },
  };
};

describe('the migrations of a D1 database', () => {
  test('each is missed by its name until it is there, and none afterwards', async () => {
    const { binding, apply } = openOne();
    for (const [place, tag] of tags.entries()) {
      const lacking = await createD1Migrations(binding, createManualClock(1000)).lack();
      expect(lacking).toContain(tags.slice(place).join(', '));
      for (const there of tags.slice(0, place)) expect(lacking).not.toContain(there);
      apply(tag);
    }
    expect(await createD1Migrations(binding, createManualClock(1000)).lack()).toBeUndefined();
  });

  test('are asked for once a second while one is missing, and never again once all are there', async () => {
    const { binding, apply, queries } = openOne();
    const clock = createManualClock(1000);
    const migrations = createD1Migrations(binding, clock);
    const answers = await Promise.all([migrations.lack(), migrations.lack()]);
    expect(new Set(answers).size).toBe(1);
    expect(queries()).toBe(1);
    for (const tag of tags) apply(tag);
    clock.advance(1);
    expect(await migrations.lack()).toBeUndefined();
    clock.advance(3600);
    expect(await migrations.lack()).toBeUndefined();
    expect(queries()).toBe(2);
  });

  test('are not known of a database that does not answer, and it is asked again', async () => {
    const { binding, apply, goDown } = openOne();
    for (const tag of tags) apply(tag);
    const clock = createManualClock(1000);
    const migrations = createD1Migrations(binding, clock);
    goDown(true);
    await expect(migrations.lack()).rejects.toThrow(StoreUnavailableError);
    goDown(false);
    clock.advance(1);
    expect(await migrations.lack()).toBeUndefined();
  });
});
