// An issuer whose resource has status lists, machines with tokens, and verifiers in processes of their own that say when
// each token is first refused.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../../src/config.ts';
import { makeResource } from '../contracts/records.ts';
import { type IssuerProcess, startIssuer } from '../issuer_process.ts';
import { basic } from '../test_provider.ts';
import type { VerifyingReply, VerifyingRequest } from './verifying_process.ts';

const program = fileURLToPath(new URL('./verifying_process.ts', import.meta.url));
const secret = 'a secret of the client';
const listedResource = 'https://listed.example.com';
const formContentType = 'application/x-www-form-urlencoded';

export interface VerifyingProcess {
  verdict(token: string): Promise<VerifyingReply>;
  /** Settles when the token is refused. */
  refusal(token: string): Promise<VerifyingReply>;
}

export interface Refusal {
  readonly verdict: string;
  readonly seconds: number;
}

export interface RevocationScene {
  readonly issuer: IssuerProcess;
  /** A client of its own, so that it can be revoked alone. */
  addMachine(): Promise<string>;
  issue(clientId: string): Promise<string>;
  /**
   * Revokes a token by its client or by its jti, by turns.
   *
   * @returns what a verifier then refused it by, and how many seconds after.
   */
  revoke(token: string, clientId: string, turn: number, at: VerifyingProcess): Promise<Refusal>;
  startVerifying(how: string): Promise<VerifyingProcess>;
  /** Ends the verifiers. */
  endVerifying(): Promise<void>;
  close(): Promise<void>;
}

export const openRevocationScene = async (
  ttlSeconds: number,
  environment: Environment = {},
): Promise<RevocationScene> => {
  const issuer = await startIssuer(environment);
  await issuer.store.addResource(makeResource(listedResource, { scope: ['read'], statusList: true }));
  let clients = 0;
  const children: ChildProcess[] = [];

  const post = (path: string, clientId: string, body: Readonly<Record<string, string>>): Promise<Response> =>
    fetch(`${issuer.issuer}${path}`, {
      method: 'POST',
      headers: { Authorization: basic(clientId, secret), 'Content-Type': formContentType },
      body: new URLSearchParams(body),
    });

  const endVerifying = async (): Promise<void> => {
    for (const child of children.splice(0)) {
      const closed = once(child, 'close');
      if (child.kill('SIGKILL')) await closed;
    }
  };

  return {
    issuer,
    endVerifying,
    addMachine: async () => {
      clients += 1;
      const clientId = `machine-${clients}`;
      const machine = { grantTypes: ['client_credentials'], resources: [listedResource], scope: ['read'] };
      await issuer.addClient(clientId, machine, secret);
      return clientId;
    },
    issue: async (clientId) => {
      const response = await post('/token', clientId, { grant_type: 'client_credentials' });
      return ((await response.json()) as { readonly access_token: string }).access_token;
    },
    revoke: async (token, clientId, turn, verifying) => {
      const refused = verifying.refusal(token);
      const from = Date.now();
      if (turn % 2 === 0) await issuer.store.revokeClient(clientId, Math.floor(Date.now() / 1000));
      else await post('/revoke', clientId, { token });
      const { verdict, at } = await refused;
      return { verdict, seconds: (at - from) / 1000 };
    },
    startVerifying: async (how) => {
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
    },
    close: async () => {
      await endVerifying();
      await issuer.close();
    },
  };
};

const percentile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;

/** Median, 95th and worst. */
export const inWords = (took: readonly number[]): string => {
  const sorted = [...took].sort((left, right) => left - right);
  return [0.5, 0.95, 1].map((part) => percentile(sorted, part).toFixed(3)).join(' ');
};
