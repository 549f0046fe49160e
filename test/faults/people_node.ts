// What the processes of a fault test share: a database with people in it, and requests to whichever process is meant.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { OpenedStore } from '../../src/adapters/sql_store.ts';
import type { Environment } from '../../src/config.ts';
import type { ManualClock } from '../manual_clock.ts';
import { type Fields, openPeople, type People } from '../people.ts';
import { databasePathIn, ringPathIn } from '../running_server.ts';

/** The machine's clock, which the processes go by. */
export const machineClock: ManualClock = {
  now: () => Math.floor(Date.now() / 1000),
  monotonicSeconds: () => performance.now() / 1000,
  advance: () => {
    throw new TypeError('the processes would not follow');
  },
};

/**
 * People on the database and ring in `folder`, for `startServer(folder, { KEYTURN_ISSUER: issuer })` to go on with.
 *
 * @param opened - a database elsewhere, by `machineClock`.
 */
export const openPeopleIn = async (
  folder: string,
  { opened, environment = {} }: { readonly opened?: OpenedStore; readonly environment?: Environment } = {},
): Promise<People> => {
  const kekRing = JSON.stringify({
    keys: [{ kty: 'oct', kid: 'kek', k: randomBytes(32).toString('base64url') }],
  });
  writeFileSync(ringPathIn(folder), kekRing, { mode: 0o600 });
  const database = opened === undefined ? { databasePath: databasePathIn(folder) } : { opened };
  return openPeople({ ...database, kekRing, clock: machineClock, environment });
};

/** @throws when the process does not answer. */
export const send = (url: string, form: Fields, headers: Fields = {}): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(form).toString(),
  });
