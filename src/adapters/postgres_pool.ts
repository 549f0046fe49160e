// Sessions of Postgres, shared by all requests of a process. Nobody waits long for one, and one that does not answer is
// given up: a request is told so within a second, while the key set goes on from memory.
import { randomInt } from 'node:crypto';
import pg from 'pg';
import { StoreUnavailableError } from '../seams/store.ts';
import {
  isAnswered,
  isConflict,
  isReadOnly,
  isStaleStatement,
  postgresErrorCode,
  toStoreError,
} from './postgres_errors.ts';
import { proveSession } from './postgres_session.ts';
import { connectionOf, type PostgresAddress } from './postgres_url.ts';
import { createSessionQueue } from './session_queue.ts';

export interface PoolOptions {
  /** Sessions at most. */
  readonly connections: number;
  /** How long a verb may take, the wait for a session included. */
  readonly patienceSeconds: number;
}

type Work<Result> = (session: pg.ClientBase, commits: () => void) => Promise<Result>;

export interface PostgresPool {
  /**
   * Runs `work` on a session of its own, and again where another write was in its way.
   *
   * @param work - changes nothing unless it resolves: then it is over. Given how to say that what follows may not be
   *   repeated, because it commits.
   * @throws {StoreUnavailableError} when there was no session or no answer in time. What was being committed just then may
   *   have been committed: nobody can say.
   */
  run<Result>(work: Work<Result>): Promise<Result>;
  close(): Promise<void>;
}

const int8 = 20;
const numeric = 1700;

/** Every whole number here fits a double: instants, turns, counts. The driver would give text. */
const types: pg.CustomTypesConfig = {
  // The driver's own signature has an overload for each kind of value.
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === int8 || oid === numeric
      ? Number
      : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
};

/** A node that is stopped in the middle of a write keeps others waiting no longer. */
const idleInTransactionMilliseconds = 2000;
/** Of patience, for a connection and again for its proof. */
const connectingShare = 0.45;
const renewEveryMilliseconds = 500;
/** A crowd that meets none is served by the first there are: all, opened at once, would keep each other from being in time. */
const mostConnecting = 2;
const mostAttempts = 5;
const firstPauseMilliseconds = 10;

/** Postgres gives up before we do: then the session is still good for something. */
const configOf = (address: PostgresAddress, { connections, patienceSeconds }: PoolOptions): pg.PoolConfig => ({
  ...connectionOf(address),
  max: connections,
  pipeline: true,
  types,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
  connectionTimeoutMillis: Math.round(patienceSeconds * 1000 * connectingShare),
  lock_timeout: Math.round(patienceSeconds * 1000 * 0.75),
  statement_timeout: Math.round(patienceSeconds * 1000 * 0.9),
  idle_in_transaction_session_timeout: idleInTransactionMilliseconds,
  idleTimeoutMillis: 60_000,
  maxLifetimeSeconds: 1800,
});

const ignore = (): void => undefined;

const openPool = (config: pg.PoolConfig, label: string): pg.Pool => {
  const onConnect = (session: pg.ClientBase): Promise<void> => {
    // While a session is idle the pool listens; while it is used nobody would, and the process would end.
    session.on('error', ignore);
    return proveSession(session, label, config.connectionTimeoutMillis ?? 0);
  };
  // The types forget that the pool waits for it.
  const pool = new pg.Pool({ ...config, onConnect: onConnect as (session: pg.ClientBase) => void });
  pool.on('error', ignore);
  return pool;
};

/** Its own `end` waits for the answer that does not come. */
const cut = (session: pg.ClientBase): void => {
  const { connection } = session as pg.ClientBase & { readonly connection: pg.Connection };
  connection.stream.destroy();
};

const pauseBefore = (attempt: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, randomInt(1, firstPauseMilliseconds * 2 ** attempt)));

const tooBusy = (): StoreUnavailableError =>
  new StoreUnavailableError('All sessions of Postgres were busy for too long');

const noSession = (error: unknown): StoreUnavailableError => {
  const reason = error instanceof Error ? error.message : String(error);
  return new StoreUnavailableError(`No session of Postgres could be had (${postgresErrorCode(error) ?? reason})`, {
    cause: error,
  });
};

const isWorthRepeating = (error: unknown, committing: boolean): boolean => {
  if (error instanceof StoreUnavailableError || isReadOnly(error)) return false;
  return isConflict(error) || isStaleStatement(error) || (!committing && !isAnswered(error));
};

export const createPostgresPool = (address: PostgresAddress, options: PoolOptions): PostgresPool => {
  const config = configOf(address, options);
  const { connectionTimeoutMillis: connectingMilliseconds = 0 } = config;
  let pool = openPool(config, address.label);
  let renewedAt = Number.NEGATIVE_INFINITY;
  let closed = false;
  let connecting = 0;
  // The pool's own queue gives up after what a connection may take, long before patience ends.
  const queue = createSessionQueue(() => {
    const connected = Math.max(0, pool.totalCount - connecting);
    return Math.min(options.connections, connected + mostConnecting);
  });

  /** What one session met, the idle ones are about to meet: they are left to end. */
  const renew = (): void => {
    if (closed || performance.now() - renewedAt < renewEveryMilliseconds) return;
    renewedAt = performance.now();
    const old = pool;
    pool = openPool(config, address.label);
    old.end().catch(ignore);
  };

  const connectOnce = async (): Promise<pg.PoolClient> => {
    if (pool.idleCount > 0) return pool.connect();
    connecting += 1;
    try {
      return await pool.connect();
    } finally {
      connecting -= 1;
      queue.admit();
    }
  };

  /** A connection that takes long may be overtaken by a session that another gives back meanwhile. */
  const connect = async (endsAt: number): Promise<pg.PoolClient> => {
    for (;;) {
      const began = performance.now();
      try {
        return await connectOnce();
      } catch (error) {
        // A timer may be up to a millisecond early.
        const took = Math.ceil(performance.now() - began);
        if (took < connectingMilliseconds || performance.now() + connectingMilliseconds > endsAt)
          throw noSession(error);
      }
    }
  };

  const runOnSession = async <Result>(work: Work<Result>, endsAt: number, commits: () => void): Promise<Result> => {
    const session = await connect(endsAt);
    const left = endsAt - performance.now();
    if (left <= 0) {
      session.release();
      throw tooBusy();
    }
    let silent = false;
    const giveUp = setTimeout(() => {
      silent = true;
      cut(session);
    }, left);
    let broken = false;
    try {
      return await work(session, commits);
    } catch (error) {
      broken = !isAnswered(error) || isReadOnly(error) || isStaleStatement(error);
      if (silent || isReadOnly(error)) renew();
      throw error;
    } finally {
      clearTimeout(giveUp);
      if (broken) cut(session);
      session.release(broken);
    }
  };

  const runOnce = async <Result>(work: Work<Result>, endsAt: number, commits: () => void): Promise<Result> => {
    const leave = await queue.turn(endsAt - performance.now());
    if (leave === undefined) throw tooBusy();
    try {
      return await runOnSession(work, endsAt, commits);
    } finally {
      leave();
    }
  };

  const run: PostgresPool['run'] = async (work) => {
    const endsAt = performance.now() + options.patienceSeconds * 1000;
    for (let attempt = 1; ; attempt += 1) {
      let committing = false;
      try {
        return await runOnce(work, endsAt, () => {
          committing = true;
        });
      } catch (error) {
        if (attempt === mostAttempts || !isWorthRepeating(error, committing)) throw toStoreError(error);
        await pauseBefore(attempt);
        if (performance.now() >= endsAt) throw toStoreError(error);
      }
    }
  };

  return {
    run,
    close: async () => {
      closed = true;
      await pool.end();
    },
  };
};
