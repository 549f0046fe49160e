// What a contender is: one server in a process of its own (contenders/*.ts), which says when it is ready and what to ask it.
import type { SigningAlgorithm } from '../src/seams/signer.ts';
import type { Flow } from './flows/flow.ts';

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
  /** By the name of the scenario; a contender takes part in those it has a target or a flow for. */
  readonly targets: Readonly<Record<string, Target>>;
  readonly flows?: Readonly<Record<string, Flow>>;
}

/** What every token is asked for, so that all contenders sign alike. */
export const tokenRequest = {
  clientId: 'bench-client',
  scope: ['read', 'write'],
  lifetimeSeconds: 600,
  resourceOf: (alg: SigningAlgorithm): string => `https://${alg.toLowerCase()}.bench.example`,
};

const formContentType = 'application/x-www-form-urlencoded';

/** client_secret_basic; nothing in our ids and secrets needs encoding. RFC 6749 §2.3.1. */
export const basicOf = (clientId: string, secret: string): string =>
  `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`;

/** A form that an authenticated client posts. */
export const formTarget = (
  url: string,
  authorization: string,
  form: Readonly<Record<string, string>>,
): Target & { readonly body: string } => ({
  url,
  method: 'POST',
  headers: { Authorization: authorization, 'Content-Type': formContentType },
  body: new URLSearchParams(form).toString(),
});

/** A client_credentials request by client_secret_basic. RFC 6749 §4.4.2. */
export const clientCredentialsTarget = (tokenEndpoint: string, alg: SigningAlgorithm, secret: string): Target =>
  formTarget(tokenEndpoint, basicOf(tokenRequest.clientId, secret), {
    grant_type: 'client_credentials',
    resource: tokenRequest.resourceOf(alg),
    scope: tokenRequest.scope.join(' '),
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
