// The bounds that are promised, measured: from the revoke call to the first refusal at a verifier in another process.
// REVOCATIONS=200 is the long form; everyday it is a few.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type IssuerProcess, startIssuer } from '../issuer_process.ts';
import { processTestMilliseconds } from '../running_server.ts';
import { basic } from '../test_provider.ts';
import type { VerifyingReply, VerifyingRequest } from './verifying_process.ts';

const revocations = Number(process.env.REVOCATIONS ?? '4');
/** Shorter than the default, so that the test is: the bound follows it. */
const ttlSeconds = 4;
const boundSeconds = { list: 2 * ttlSeconds, poll: 2, stream: 2 };
type How = keyof typeof boundSeconds;

const program = fileURLToPath(new URL('./verifying_process.ts', import.meta.url));
const secret = 'a secret of the client';
const listedResource = 'https://listed.example.com';

let issuer: IssuerProcess;
beforeAll(async () => {
  issuer = await startIssuer({ KEYTURN_STATUS_LIST_TTL_SECONDS: `${ttlSeconds}` });
  await issuer.store.addResource({
    ...{ resource: listedResource, scope: ['read'], accessTokenSeconds: 600, accessTokenSigningAlg: 'ES256' },
    ...{ claims: {}, accessTokenClaims: [], statusList: true, createdAt: 0 },
  });
}, processTestMilliseconds);
afterAll(() => issuer.close());

let clients = 0;
/** A client of its own, so that it can be revoked alone. */
const addMachine = async (): Promise<string> => {
  clients += 1;
  const clientId = `machine-${clients}`;
  const scope = ['read'];
  const machine = { grantTypes: ['client_credentials'], resources: [listedResource], scope };
  await issuer.addClient(clientId, machine, secret);
  return clientId;
};

const issue = async (clientId: string): Promise<string> => {
  const response = await fetch(`${issuer.issuer}/token`, {
    method: 'POST',
    headers: { Authorization: basic(clientId, secret), 'Content-Type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=client_credentials',
  });
  return ((await response.json()) as { readonly access_token: string }).access_token;
};

interface VerifyingProcess {
  verdict(token: string): Promise<VerifyingReply>;
  /** Settles when the token is refused. */
  refusal(token: string): Promise<VerifyingReply>;
}

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    const closed = once(child, 'close');
    if (child.kill('SIGKILL')) await closed;
  }
});

const startVerifying = async (how: How): Promise<VerifyingProcess> => {
  const child: ChildProcess = fork(program, [issuer.issuer, listedResource, how, `${ttlSeconds}`], {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  children.push(child);
  const waiting = new Map<string, (reply: VerifyingReply) => void>();
  child.on('message', (reply: VerifyingReply) => {
    waiting.get(reply.token)?.(reply);
    waiting.delete(reply.token);
  });
  const ask = (request: VerifyingRequest) =>
    new Promise<VerifyingReply>((resolve) => {
      waiting.set(request.token, resolve);
      child.send(request);
    });
  await new Promise((resolve) => waiting.set('', resolve));
  return {
    verdict: (token) => ask({ token, watch: false }),
    refusal: (token) => ask({ token, watch: true }),
  };
};

/** Revokes a token by its client or by its jti, by turns. */
const revoke = async (token: string, clientId: string, turn: number): Promise<void> => {
  const now = Math.floor(Date.now() / 1000);
  if (turn % 2 === 0) {
    await issuer.store.revokeClient(clientId, now);
    return;
  }
  const body = new URLSearchParams({ token });
  const headers = { Authorization: basic(clientId, secret), 'Content-Type': 'application/x-www-form-urlencoded' };
  await fetch(`${issuer.issuer}/revoke`, { method: 'POST', headers, body });
};

const percentile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;

describe('a revocation reaches a verifier in another process within the bound that is stated', () => {
  test.each(Object.keys(boundSeconds) as How[])(
    'by %s',
    async (how) => {
      const verifying = await startVerifying(how);
      const [kept, machine] = [await addMachine(), await addMachine()];
      const untouched = await issue(kept);
      const took: number[] = [];
      const measure = async (turn: number): Promise<void> => {
        const clientId = turn % 2 === 0 ? await addMachine() : machine;
        const token = await issue(clientId);
        expect((await verifying.verdict(token)).verdict).toBe('stands');
        // By the list all at once, at different times within its ttl.
        if (how === 'list') await new Promise((resolve) => setTimeout(resolve, (turn * 997) % (ttlSeconds * 1000)));
        const refused = verifying.refusal(token);
        const from = Date.now();
        await revoke(token, clientId, turn);
        const { verdict, at } = await refused;
        expect(verdict).toBe('token_revoked');
        took.push((at - from) / 1000);
      };
      const turns = Array.from({ length: revocations }, (_, turn) => turn);
      if (how === 'list') await Promise.all(turns.map(measure));
      else for (const turn of turns) await measure(turn);
      took.sort((left, right) => left - right);
      expect(took).toHaveLength(revocations);
      expect(Math.max(...took)).toBeLessThan(boundSeconds[how]);
      const inWords = [0.5, 0.95, 1].map((part) => percentile(took, part).toFixed(3)).join(' ');
      console.info(`${how}: ${revocations} revocations, median, 95th and worst: ${inWords} s`);
      expect((await verifying.verdict(untouched)).verdict).toBe('stands');
    },
    processTestMilliseconds + revocations * 2000,
  );

  test(
    'token revoke on the command line says the bounds, and a verifier keeps to them',
    async () => {
      const verifying = await startVerifying('poll');
      const clientId = await addMachine();
      const token = await issue(clientId);
      expect((await verifying.verdict(token)).verdict).toBe('stands');
      const refused = verifying.refusal(token);
      const { jti } = decodeJwt(token);
      const outcome = await issuer.runCli(['token', 'revoke', '--jti', String(jti), '--json']);
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
