// The bound of the status list as it is by default: a ttl of 30 s, 60 s at most from the revoke call to the first refusal.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { settings } from '../../src/settings.ts';
import { processTestMilliseconds } from '../running_server.ts';
import { inWords, openRevocationScene, type RevocationScene } from './revocation_scene.ts';

const revocations = 10;
const ttlSeconds = Number(settings.KEYTURN_STATUS_LIST_TTL_SECONDS.fallback);
const boundSeconds = 2 * ttlSeconds;

let scene: RevocationScene;
beforeAll(async () => {
  scene = await openRevocationScene(ttlSeconds);
}, processTestMilliseconds);
afterAll(() => scene.close());

describe('by default', () => {
  test(
    'a revocation reaches a verifier that follows the status list within 60 s',
    async () => {
      expect(boundSeconds).toBe(60);
      const verifying = await scene.startVerifying('list');
      const untouched = await scene.issue(await scene.addMachine());
      const took: number[] = [];
      // All beside each other, at instants spread by chance over a ttl.
      const measure = async (turn: number): Promise<void> => {
        const clientId = await scene.addMachine();
        const token = await scene.issue(clientId);
        expect((await verifying.verdict(token)).verdict).toBe('stands');
        const [part = 0] = crypto.getRandomValues(new Uint16Array(1));
        await new Promise((resolve) => setTimeout(resolve, (part / 65_536) * ttlSeconds * 1000));
        const { verdict, seconds } = await scene.revoke(token, clientId, turn, verifying);
        expect(verdict).toBe('token_revoked');
        took.push(seconds);
      };
      await Promise.all(Array.from({ length: revocations }, (_, turn) => measure(turn)));
      expect(took).toHaveLength(revocations);
      expect(Math.max(...took)).toBeLessThan(boundSeconds);
      console.info(`list, ttl ${ttlSeconds} s: ${revocations} revocations, median, 95th and worst: ${inWords(took)} s`);
      expect((await verifying.verdict(untouched)).verdict).toBe('stands');
    },
    processTestMilliseconds + 3 * boundSeconds * 1000,
  );
});
