// A real issuer that stops and comes back, seen by a service that goes on running.
import { describe, expect, test } from 'vitest';
import { keysFromUrl } from '../../src/verifier/keys_from_url.ts';
import { createVerifier } from '../../src/verifier/verifier.ts';
import {
  environmentFor,
  launcher,
  makeFolder,
  processTestMilliseconds,
  runCli,
  start,
  startServer,
  until,
} from '../running_server.ts';
import { refusalOf } from './signed_tokens.ts';

const audience = 'https://api.example.com';
const folder = makeFolder();

const keysUsableSeconds = 3000;

describe('with the issuer stopped', () => {
  test(
    'tokens go on verifying for keysUsableSeconds; with it back, nothing needs a restart',
    async () => {
      const server = await startServer(folder);
      const environment = { KEYTURN_ISSUER: server.issuer, KEYTURN_PORT: `${server.port}` };
      const mint = async (): Promise<string> => {
        const minted = await runCli(
          ['token', 'mint', '--resource', audience, '--expires-in', '3600'],
          folder,
          environment,
        );
        expect(minted.stderr).toBe('');
        return minted.stdout.trim();
      };
      let ahead = 0;
      const problems: unknown[] = [];
      const verifier = createVerifier({
        issuer: server.issuer,
        audience,
        keys: keysFromUrl(`${server.issuer}/.well-known/jwks.json`, {
          keysUsableSeconds,
          onProblem: (problem) => problems.push(problem),
        }),
        clock: { now: () => Date.now() / 1000 + ahead },
      });
      const token = await mint();
      expect((await verifier.verify(token)).iss).toBe(server.issuer);

      await server.stop();
      // Within max-age (300 s), past it, and almost to the end.
      for (const seconds of [0, 100, 301, 1000, keysUsableSeconds - 60]) {
        ahead = seconds;
        expect((await verifier.verify(token)).iss).toBe(server.issuer);
      }
      expect(problems.length).toBeGreaterThan(0);
      ahead = keysUsableSeconds + 1;
      expect(await refusalOf(verifier.verify(token))).toBe('keys_unavailable');

      const again = start(process.execPath, [launcher, 'serve'], folder, environmentFor(folder, environment));
      await until('it listens again', async () => {
        const response = await fetch(`${server.url}/health/live`).catch(() => undefined);
        await response?.body?.cancel();
        return response;
      });
      ahead += 60;
      expect((await verifier.verify(token)).iss).toBe(server.issuer);
      ahead = 0;
      const minted = await mint();
      expect((await verifier.verify(minted)).iss).toBe(server.issuer);
      again.child.kill('SIGTERM');
      await again.ended;
    },
    processTestMilliseconds,
  );
});
