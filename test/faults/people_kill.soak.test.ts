// SIGKILL while people sign in and applications redeem, refresh and revoke: whatever was answered as done is in the
// database afterwards, nothing is done by halves, and nothing is spent twice.
//
// KILLS says how often the server is killed: 20 unless told; `npm run soak` does 200 (4 to 9 minutes).
import { randomInt } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { issuer, type People } from '../people.ts';
import {
  databasePathIn,
  makeFolder,
  processTestMilliseconds,
  type RunningServer,
  startServer,
  until,
} from '../running_server.ts';
import { addLedger, countOf, emptyLedger, expectKept, type Ledger } from './people_ledger.ts';
import { addPersons, type Holding, live } from './people_lives.ts';
import { openPeopleIn } from './people_node.ts';

const kills = Number(process.env.KILLS ?? '20');
const persons = 6;
/** The server is killed so many successes after it started, so that a slow machine is no gentler, and a moment later. */
const killAfterSuccesses = [1, 60] as const;
const momentMilliseconds = 20;
const millisecondsPerKill = 15_000;
const folder = makeFolder();
const databasePath = databasePathIn(folder);
let people: People;
let holdings: readonly Holding[];

const environment = {
  KEYTURN_ISSUER: issuer,
  KEYTURN_TRUSTED_PROXIES: '1',
  // A start on a busy machine may take longer than the usual window.
  KEYTURN_REFRESH_RETRY_SECONDS: '300',
};

beforeAll(async () => {
  people = await openPeopleIn(folder);
  holdings = await addPersons(people, persons);
  await people.store.close();
}, processTestMilliseconds);

const killOnce = async (): Promise<Ledger> => {
  const ledger = emptyLedger();
  const server: RunningServer = await startServer(folder, environment);
  const lives = Promise.all(holdings.map((holding) => live(server, holding, ledger)));
  const successes = randomInt(...killAfterSuccesses);
  const enough = until('enough was done', () => (countOf(ledger) >= successes ? true : undefined));
  // A life ends before the server does when something was answered that should not have been.
  await Promise.race([enough, lives]);
  await wait(randomInt(momentMilliseconds));
  await server.kill();
  await lives;
  expectKept(databasePath, ledger);
  return ledger;
};

describe('SIGKILL at any moment', () => {
  test(`T082: after each of ${kills} kills all that was answered is kept, and nothing is spent twice`, {
    timeout: processTestMilliseconds + kills * millisecondsPerKill,
  }, async () => {
    const sum = { signedIn: 0, codes: 0, redeemed: 0, rotated: 0, revoked: 0 };
    for (let kill = 0; kill < kills; kill += 1) addLedger(sum, await killOnce());
    for (const [kind, count] of Object.entries(sum)) expect([kind, count > 0]).toEqual([kind, true]);
    if (kills > 20) console.info(`${kills} kills; answered before them:`, sum);
  });
});
