// I11: a restored backup never revives a revoked key, a used code or a spent refresh token. Random histories of people,
// applications and keys, a backup taken somewhere in them, the real commands, and every thing that was spent tried again.
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { createRemoteJWKSet, customFetch, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { backUp } from '../../src/cli/backup.ts';
import { type RestoreOptions, restore } from '../../src/cli/restore.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { revokeKey } from '../../src/keys/rotation.ts';
import { openRotation } from '../../src/node.ts';
import { createVerifier, type Verifier } from '../../src/verifier/verifier.ts';
import { now } from '../contracts/records.ts';
import { fetchFrom } from '../flows/followed.ts';
import { createManualClock, type ManualClock } from '../manual_clock.ts';
import { type Browser, cheapHasher, issuer, obtainCode, openPeople, type People, redeem } from '../people.ts';
import { databasePathIn, environmentFor, makeFolder, removeFolder } from '../running_server.ts';
import { makeKekRing } from '../test_provider.ts';
import { askUserinfo, readAnswer, refresh } from '../token_requests.ts';
import { times } from './runs.ts';

const runs = Number(process.env.PROPERTY_RUNS ?? times(16));

/** Found by chance once: all of it within one second. */
const foundOnce: [string[], string[], boolean] = [
  ['revokeKey', 'signInAnew', 'signInAnew'],
  ['revokeKey', 'revokeKey', 'signInAnew', 'signInAnew'],
  true,
];
const scope = 'openid profile offline_access';
const kekRing = makeKekRing();
const folder = makeFolder();

/** The first keys are made once. */
const template = databasePathIn(folder);
const made = await openPeople({ databasePath: template, kekRing, passwordHasher: cheapHasher });
await made.store.close();

interface World {
  people: People;
  readonly clock: ManualClock;
  readonly terminal: Terminal;
  readonly folder: string;
  browser: Browser;
  /** What is good once, or was good until it ended. */
  readonly codes: { spent: string[]; unspent: string[] };
  refreshTokens: string[];
  accessTokens: string[];
  readonly revokedKids: Set<string>;
}

let worlds = 0;
const openWorld = async (): Promise<World> => {
  worlds += 1;
  const own = join(folder, `${worlds}`);
  mkdirSync(own);
  copyFileSync(template, databasePathIn(own));
  const clock = createManualClock(now);
  const environment = environmentFor(own, { KEYTURN_ISSUER: issuer, KEYTURN_KEK_RING: kekRing });
  const terminal: Terminal = {
    environment,
    clock,
    columns: 100,
    colour: false,
    print: () => undefined,
    printError: () => undefined,
    readInput: async () => '',
    setExitCode: () => undefined,
  };
  const people = await startIssuer(own, clock);
  return {
    ...{ people, clock, terminal, folder: own, browser: people.openBrowser() },
    ...{ codes: { spent: [], unspent: [] }, refreshTokens: [], accessTokens: [], revokedKids: new Set<string>() },
  };
};

const startIssuer = (own: string, clock: ManualClock): Promise<People> =>
  openPeople({ databasePath: databasePathIn(own), kekRing, clock, passwordHasher: cheapHasher });

/** What happens to people, applications and keys between two backups. */
const happenings: Readonly<Record<string, (world: World) => Promise<unknown>>> = {
  signInAnew: async (world) => {
    world.browser = world.people.openBrowser();
    world.codes.unspent.push(await obtainCode(world.browser, { scope }));
  },
  getCode: async ({ browser, codes }) => codes.unspent.push(await obtainCode(browser, { scope })),
  redeemCode: async ({ people, codes, refreshTokens, accessTokens }) => {
    const code = codes.unspent.pop();
    if (code === undefined) return;
    const answer = await redeem(people.app, code);
    codes.spent.push(code);
    if (answer.status !== 200) return;
    const tokens = await readAnswer(answer);
    refreshTokens.push(tokens.refresh_token);
    accessTokens.push(tokens.access_token);
  },
  refresh: async ({ people, refreshTokens, accessTokens }) => {
    const token = refreshTokens.at(-1);
    if (token === undefined) return;
    const answer = await refresh(people.app, token);
    if (answer.status !== 200) return;
    const tokens = await readAnswer(answer);
    refreshTokens.push(tokens.refresh_token);
    accessTokens.push(tokens.access_token);
  },
  endSession: async ({ people }) => {
    const [user] = await people.store.listUsers('', 1);
    const [session] = await people.store.listSessions(user?.sub ?? '');
    if (session !== undefined) await people.store.endSession(session.sid, people.clock.now());
  },
  revokeKey: async ({ people, revokedKids }) => {
    const kid = people.keyRing.jwkSet().kids.split(' ')[0] ?? '';
    const { config, store } = people;
    await revokeKey(kid, 'laptop stolen', await openRotation({ ...config, kekRing }, store));
    revokedKids.add(kid);
    await people.keyRing.refresh();
  },
  pass: async ({ people }) => {
    await people.pass(40);
    await people.keyHistory.refresh();
  },
};

const names = Object.keys(happenings);
const story = fc.array(fc.constantFrom(...names), { minLength: 2, maxLength: 8 });

const liveThrough = async (world: World, steps: readonly string[]): Promise<void> => {
  for (const step of steps) await happenings[step]?.(world);
};

/** Both keep their key sets over the restore, as running services do. */
const startVerifiers = (world: World) => {
  const fetchNow: typeof fetch = (input, init) => fetchFrom(world.people.app)(input, init);
  const jwks = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`), {
    cooldownDuration: 0,
    [customFetch]: (url, init) => fetchNow(url, init as RequestInit),
  });
  const common = { issuer, audience: issuer, clock: world.clock, clockToleranceSeconds: 59 };
  const ours: Verifier = createVerifier({ ...common, fetch: fetchNow });
  const currentDate = () => new Date(world.clock.now() * 1000);
  return {
    jose: (token: string) => jwtVerify(token, jwks, { issuer, currentDate: currentDate() }),
    ours: (token: string) => ours.verify(token),
    /** jose counts by the machine's clock: its ten minutes are over. */
    joseForgets: () => jwks.reload(),
  };
};

const accepts = (verdict: Promise<unknown>): Promise<boolean> =>
  verdict.then(
    () => true,
    () => false,
  );

const expectNothingRevived = async ({ people, codes, refreshTokens, browser }: World): Promise<void> => {
  // The latest first, and codes last: what was spent before the backup ends its family when it is tried.
  for (const token of refreshTokens.toReversed()) expect((await refresh(people.app, token)).status).toBe(400);
  for (const code of [...codes.unspent, ...codes.spent]) expect((await redeem(people.app, code)).status).toBe(400);
  expect((await browser.get('/account')).status).not.toBe(200);
};

const backUpAndRestore = async (world: World, after: readonly string[], options: RestoreOptions): Promise<void> => {
  const file = join(world.folder, 'backup.sqlite');
  backUp(file, {}, world.terminal);
  await liveThrough(world, after);
  await world.people.keyHistory.refresh();
  await world.people.store.close();
  await restore(file, options, world.terminal);
  world.people = await startIssuer(world.folder, world.clock);
  await world.people.keyHistory.refresh();
};

type Verifiers = ReturnType<typeof startVerifiers>;

const expectOfVerifiers = async ({ jose, ours }: Verifiers, token: string, accepted: boolean): Promise<void> => {
  expect(await accepts(ours(token))).toBe(accepted);
  expect(await accepts(jose(token))).toBe(accepted);
};

/** Refused by the issuer whatever was said; by verifiers too, if the key is, or may be, revoked. */
const expectOldTokensEnded = async (
  world: World,
  verifiers: Verifiers,
  nothingRevokedSince: boolean,
): Promise<void> => {
  const { people, accessTokens, revokedKids } = world;
  for (const token of accessTokens) {
    expect((await askUserinfo(people.app, token)).status).toBe(401);
    const { kid = '' } = decodeProtectedHeader(token);
    if (!nothingRevokedSince || revokedKids.has(kid)) await expectOfVerifiers(verifiers, token, false);
  }
};

const publishedKids = ({ people }: World): readonly string[] => people.keyRing.jwkSet().kids.split(' ');

describe('I11: a restored backup', { timeout: 30_000 + runs * 8000 }, () => {
  test('revives no revoked key, no used code, no spent refresh token, no session; verifiers that run on take what is new', async () => {
    await fc.assert(
      fc.asyncProperty(story, story, fc.boolean(), async (before, after, nothingRevokedSince) => {
        const world = await openWorld();
        const verifiers = startVerifiers(world);
        await liveThrough(world, ['signInAnew', 'redeemCode', ...before]);
        for (const token of world.accessTokens)
          await Promise.all([verifiers.ours, verifiers.jose].map((verify) => accepts(verify(token))));
        await backUpAndRestore(world, after, { nothingRevokedSince });
        await expectNothingRevived(world);
        expect(publishedKids(world).filter((kid) => world.revokedKids.has(kid))).toEqual([]);
        // A verifier that obeys Cache-Control, after the key set is over.
        await world.people.pass(world.people.config.policy.jwksMaxAgeSeconds + 30);
        const { app } = world.people;
        const fresh = await readAnswer(await redeem(app, await obtainCode(world.people.openBrowser(), { scope })));
        await expectOfVerifiers(verifiers, fresh.access_token, true);
        // Where the keys stayed it has met no new kid, and learns when its cache is over.
        if (nothingRevokedSince) await verifiers.joseForgets();
        await expectOldTokensEnded(world, verifiers, nothingRevokedSince);
        await world.people.store.close();
        removeFolder(world.folder);
      }),
      { numRuns: runs, examples: [foundOnce] },
    );
  });

  test('with the word that nothing was revoked, the tokens that verifiers have stand until they expire; their refresh tokens do not', async () => {
    const world = await openWorld();
    const verifiers = startVerifiers(world);
    await liveThrough(world, ['signInAnew', 'redeemCode']);
    await backUpAndRestore(world, ['refresh'], { nothingRevokedSince: true });
    for (const token of world.accessTokens) await expectOfVerifiers(verifiers, token, true);
    await expectNothingRevived(world);
    await world.people.store.close();
  });
});
