// Runs statements on a pool, with as few round trips as can be: a write goes out whole, and comes to its COMMIT in the same
// flight unless a step must be looked at first.
import { createHash } from 'node:crypto';
import type { ClientBase, QueryArrayResult } from 'pg';
import { isOfAnotherSession } from './postgres_errors.ts';
import type { PostgresPool } from './postgres_pool.ts';

export interface PostgresQuery {
  readonly text: string;
  readonly values: readonly unknown[];
  /** It comes again and again: prepared by name. */
  readonly lasting: boolean;
  /** Where it changes no row, or finds none, nothing of the write stands. */
  readonly must: boolean;
}

export interface PostgresOutcome {
  readonly changes: number;
  readonly rows: readonly (readonly unknown[])[];
}

export interface PostgresExecutor {
  read(query: PostgresQuery): Promise<PostgresOutcome>;
  /** In this order, each as of its own moment, in one flight. */
  readInTurn(queries: readonly PostgresQuery[]): Promise<readonly PostgresOutcome[]>;
  /** As of one moment. */
  readTogether(queries: readonly PostgresQuery[]): Promise<readonly PostgresOutcome[]>;
  /**
   * All or nothing. @param synced - false for what a crash of the server may take back.
   *
   * @returns undefined when a query that must did not; nothing changed then.
   */
  write(queries: readonly PostgresQuery[], synced?: boolean): Promise<readonly PostgresOutcome[] | undefined>;
}

/** Statements are made by the source, so that there are few. A session keeps what it prepared. */
const mostNames = 500;

interface Names {
  nameOf(query: PostgresQuery): { readonly name?: string };
  /** Behind a pooler that gives each transaction another session, and does not follow names, no name holds. */
  doWithout(): void;
}

const createNames = (): Names => {
  const names = new Map<string, { readonly name: string }>();
  let most = mostNames;
  return {
    nameOf: ({ text, lasting }) => {
      if (!lasting) return {};
      const known = names.get(text);
      if (known !== undefined) return known;
      if (names.size >= most) return {};
      const made = { name: createHash('sha256').update(text).digest('base64url') };
      names.set(text, made);
      return made;
    },
    doWithout: () => {
      names.clear();
      most = 0;
    },
  };
};

/** Postgres has no text with U+0000 in it. */
const storable = (value: unknown): unknown =>
  typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value;

const outcomeOf = ({ rowCount, rows }: QueryArrayResult): PostgresOutcome => ({ changes: rowCount ?? 0, rows });

const snapshot = 'begin isolation level repeatable read, read only';
const unsynced = 'set local synchronous_commit = off';

const isUnmet = ({ must }: PostgresQuery, outcome: PromiseSettledResult<PostgresOutcome> | undefined): boolean =>
  must && outcome?.status === 'fulfilled' && outcome.value.changes === 0;

/** @throws the first failure; those after it only say that the transaction is over. */
const allOf = (settled: readonly PromiseSettledResult<PostgresOutcome>[]): readonly PostgresOutcome[] =>
  settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });

export const createPostgresExecutor = (pool: PostgresPool): PostgresExecutor => {
  const { nameOf, doWithout } = createNames();
  const run: PostgresPool['run'] = (work) =>
    pool.run(async (session, commits) => {
      try {
        return await work(session, commits);
      } catch (error) {
        if (isOfAnotherSession(error)) doWithout();
        throw error;
      }
    });
  const send = async (session: ClientBase, query: PostgresQuery): Promise<PostgresOutcome> => {
    const { text, values } = query;
    return outcomeOf(
      await session.query({ ...nameOf(query), text, values: values.map(storable), rowMode: 'array' as const }),
    );
  };
  const say = async (session: ClientBase, text: string): Promise<PostgresOutcome> =>
    outcomeOf(await session.query({ text, rowMode: 'array' as const }));

  /** What leaves in one turn of the event loop arrives together. */
  const sendAll = async (
    session: ClientBase,
    queries: readonly PostgresQuery[],
    before: readonly string[],
    after: readonly string[],
  ) => {
    const settled = await Promise.allSettled([
      ...before.map((text) => say(session, text)),
      ...queries.map((query) => send(session, query)),
      ...after.map((text) => say(session, text)),
    ]);
    const failed = settled.slice(0, before.length).find(({ status }) => status === 'rejected');
    if (failed !== undefined) allOf([failed]);
    return settled.slice(before.length);
  };

  /** Nothing waits for it: whoever has the session next comes after it. */
  const rollBack = (session: ClientBase): void => {
    session.query('rollback').catch(() => undefined);
  };

  const writeInTwoFlights = async (session: ClientBase, queries: readonly PostgresQuery[], commits: () => void) => {
    const settled = await sendAll(session, queries, ['begin'], []);
    const [unmet, failed] = [
      queries.findIndex((query, place) => isUnmet(query, settled[place])),
      settled.findIndex(({ status }) => status === 'rejected'),
    ];
    if (unmet >= 0 && (failed < 0 || unmet < failed)) {
      rollBack(session);
      return undefined;
    }
    if (failed >= 0) rollBack(session);
    const outcomes = allOf(settled);
    commits();
    await say(session, 'commit');
    return outcomes;
  };

  return {
    read: (query) => run((session) => send(session, query)),
    readInTurn: (queries) => run(async (session) => allOf(await sendAll(session, queries, [], []))),
    readTogether: (queries) =>
      run(async (session) => allOf((await sendAll(session, queries, [snapshot], ['commit'])).slice(0, queries.length))),
    write: (queries, synced = true) =>
      run(async (session, commits) => {
        const [only, ...others] = queries;
        if (only !== undefined && others.length === 0 && synced) {
          commits();
          const outcome = await send(session, only);
          return only.must && outcome.changes === 0 ? undefined : [outcome];
        }
        if (queries.some(({ must }) => must)) return writeInTwoFlights(session, queries, commits);
        commits();
        const settled = await sendAll(session, queries, synced ? ['begin'] : ['begin', unsynced], ['commit']);
        return allOf(settled).slice(0, queries.length);
      }),
  };
};
