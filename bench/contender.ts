// What a contender is: one server in a process of its own (contenders/*.ts), which says when it is ready and what to ask it.
import type { SigningAlgorithm } from '../src/seams/signer.ts';

/** One request, sent over and over. */
export interface Target {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Contender {
  /** Of the process whose CPU is counted. */
  readonly pid: number;
  readonly issuer: string;
  readonly jwksUri: string;
  /** By the name of the scenario; a contender takes part in those it has a target for. */
  readonly targets: Readonly<Record<string, Target>>;
}

/** What every token is asked for, so that all contenders sign alike. */
export const tokenRequest = {
  clientId: 'bench-client',
  scope: ['read', 'write'],
  lifetimeSeconds: 600,
  resourceOf: (alg: SigningAlgorithm): string => `https://${alg.toLowerCase()}.bench.example`,
};

/** A client_credentials request by client_secret_basic. RFC 6749 §4.4.2. */
export const clientCredentialsTarget = (tokenEndpoint: string, alg: SigningAlgorithm, secret: string): Target => ({
  url: tokenEndpoint,
  method: 'POST',
  headers: {
    Authorization: `Basic ${Buffer.from(`${tokenRequest.clientId}:${secret}`).toString('base64')}`,
    'Content-Type': 'application/x-www-form-urlencoded',
  },
  body: new URLSearchParams({
    grant_type: 'client_credentials',
    resource: tokenRequest.resourceOf(alg),
    scope: tokenRequest.scope.join(' '),
  }).toString(),
});

/** Tells the bench, and whoever runs the file by hand, that the server is ready; runs `stop` when asked to end. */
export const announce = (contender: Contender, stop?: () => Promise<void>): void => {
  const end = async (): Promise<void> => {
    await stop?.();
    process.exit();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'disconnect'] as const) process.once(signal, end);
  if (process.send) process.send(contender);
  else console.log(JSON.stringify(contender, null, 2));
};
