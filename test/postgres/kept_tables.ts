// What a ledger is compared with, read from Postgres as a whole.
import pg from 'pg';
import { hashes, impossible, type KeptTables, kept } from '../faults/people_ledger.ts';
import { numbers } from './nodes.ts';

type Row = Readonly<Record<string, unknown>>;

export const readKeptTables = async (url: string): Promise<KeptTables> => {
  const reader = new pg.Client({ connectionString: url, types: numbers });
  await reader.connect();
  const rowsOf = async (query: string): Promise<readonly Row[]> => (await reader.query<Row>(query)).rows;
  const byHash = async (what: keyof typeof kept): Promise<ReadonlyMap<unknown, Row>> =>
    new Map((await rowsOf(kept[what])).map((row) => [row[hashes[what]], row]));
  const found = { token: await byHash('token'), session: await byHash('session'), code: await byHash('code') };
  const answers = new Map<string, readonly Row[]>();
  for (const query of Object.values(impossible)) answers.set(query, await rowsOf(query));
  await reader.end();
  return {
    find: (what, hash) => found[what].get(hash),
    all: (query) => answers.get(query) ?? [{ unasked: query }],
  };
};
