// Rows that nearly every request reads and hardly anybody changes (clients, resources), kept decoded for as long as the
// database file stays as it was. Nothing changed or removed lives on: before the first use in each callback of the event
// loop SQLite is asked whether another connection has committed (PRAGMA data_version, 2 µs; the two rows of a token take
// 16), and the writes of this connection forget what they touch.
import type Database from 'better-sqlite3';

export interface RowCaches {
  /** @returns a cache of what `read` gives. What is found is shared: nobody changes it. */
  of<Row>(read: (key: string) => Row | undefined): RowCache<Row>;
  /** To be called in a write that touches such rows of another store. */
  forgetAll(): void;
}

export interface RowCache<Row> {
  find(key: string): Row | undefined;
  /** To be called in each write that touches these rows. */
  forget(): void;
}

/** More than these are read anew each time. */
const mostRows = 1000;

export const createRowCaches = (client: Database.Database): RowCaches => {
  const dataVersion = client.prepare('PRAGMA data_version').pluck();
  const caches: Map<string, unknown>[] = [];
  let seen: unknown;
  let asked = false;
  const forgetAll = (): void => {
    for (const rows of caches) rows.clear();
  };
  const forgetWhatOthersChanged = (): void => {
    if (asked) return;
    const version = dataVersion.get();
    if (version !== seen) forgetAll();
    seen = version;
    asked = true;
    process.nextTick(() => {
      asked = false;
    });
  };
  return {
    of: <Row>(read: (key: string) => Row | undefined): RowCache<Row> => {
      const rows = new Map<string, Row>();
      caches.push(rows);
      return {
        find: (key) => {
          forgetWhatOthersChanged();
          const known = rows.get(key);
          if (known !== undefined) return known;
          const row = read(key);
          if (row !== undefined && rows.size < mostRows) rows.set(key, row);
          return row;
        },
        forget: () => rows.clear(),
      };
    },
    forgetAll,
  };
};
