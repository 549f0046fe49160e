// The bounds that are promised, measured: from the revoke call to the first refusal at a verifier in another process.
// `npm run soak` makes REVOCATIONS=200 each way; this file alone makes a few.
import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { processTestMilliseconds } from '../running_server.ts';
import { inWords, openRevocationScene, type RevocationScene } from './revocation_scene.ts';

const revocations = Number(process.env.REVOCATIONS ?? '4');
/** Shorter than the default, so that the test is: the bound follows it. */
const ttlSeconds = 4;
const boundSeconds = { list: 2 * ttlSeconds, poll: 2, stream: 2 };
type How = keyof typeof boundSeconds;

let scene: RevocationScene;
beforeAll(async () => {
  scene = await openRevocationScene(ttlSeconds, { KEYTURN_STATUS_LIST_TTL_SECONDS: `${ttlSeconds}` });
}, processTestMilliseconds);
afterAll(() => scene.close());
afterEach(() => scene.endVerifying());

describe('a revocation reaches a verifier in another process within the bound that is stated', () => {
  test.each(Object.keys(boundSeconds) as How[])(
    'by %s',
    async (how) => {
      const verifying = await scene.startVerifying(how);
      const [kept, machine] = [await scene.addMachine(), await scene.addMachine()];
      const untouched = await scene.issue(kept);
      const took: number[] = [];
      const measure = async (turn: number): Promise<void> => {
        const clientId = turn % 2 === 0 ? await scene.addMachine() : machine;
        const token = await scene.issue(clientId);
        expect((await verifying.verdict(token)).verdict).toBe('stands');
        // By the list all at once, at different times within its ttl.
        if (how === 'list') await new Promise((resolve) => setTimeout(resolve, (turn * 997) % (ttlSeconds * 1000)));
        const { verdict, seconds } = await scene.revoke(token, clientId, turn, verifying);
        expect(verdict).toBe('token_revoked');
        took.push(seconds);
      };
      const turns = Array.from({ length: revocations }, (_, turn) => turn);
      if (how === 'list') await Promise.all(turns.map(measure));
      else for (const turn of turns) await measure(turn);
      expect(took).toHaveLength(revocations);
      expect(Math.max(...took)).toBeLessThan(boundSeconds[how]);
      console.info(`${how}: ${revocations} revocations, median, 95th and worst: ${inWords(took)} s`);
      expect((await verifying.verdict(untouched)).verdict).toBe('stands');
    },
    processTestMilliseconds + revocations * 2000,
  );

  test(
    'token revoke on the command line says the bounds, and a verifier keeps to them',
    async () => {
      const verifying = await scene.startVerifying('poll');
      const clientId = await scene.addMachine();
      const token = await scene.issue(clientId);
      expect((await verifying.verdict(token)).verdict).toBe('stands');
      const refused = verifying.refusal(token);
      const { jti } = decodeJwt(token);
      const outcome = await scene.issuer.runCli(['token', 'revoke', '--jti', String(jti), '--json']);
      const exited = Date.now();
      expect(JSON.parse(outcome.stdout)).toEqual({
        revoked: { jti },
        feed_bound_seconds: boundSeconds.poll,
        status_list_bound_seconds: boundSeconds.list,
      });
      const { verdict, at } = await refused;
      expect(verdict).toBe('token_revoked');
      expect((at - exited) / 1000).toBeLessThan(boundSeconds.poll);
    },
    processTestMilliseconds,
  );
});
