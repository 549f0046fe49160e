// What is asked of a grown database, each time of rows that were not asked for just before.
import type { Store } from '../../src/seams/store.ts';
import { hashOpaque } from '../../src/tokens/opaque.ts';
import { basicOf, formTarget } from '../contender.ts';
import { relyingParty } from '../flows/code.ts';
import { type Send, tokensOf } from '../flows/flow.ts';
import { refreshOnce } from '../flows/refresh.ts';
import type { Measurement } from '../measure.ts';
import { signInRequest } from '../storm/person.ts';
import { browserOf, codeOf, drawFamily, refreshTokenOf, usernameOf, userOf } from './grown_facts.ts';

export type RunningStore = Pick<Store, 'findUserByLogin' | 'isKnownBrowser' | 'close'>;

export interface Grown {
  readonly families: number;
  readonly issuer: string;
  readonly pid: number;
  readonly secret: string;
  readonly store: RunningStore;
  /** Of the database's own processes so far; 0 where it has none. */
  databaseCpuSeconds(): number;
  readonly send: Send;
}

/** Asks once; `draw` is another number each time. */
export type Ask = (draw: number) => Promise<void>;

export interface RequestKind {
  readonly name: string;
  /** Whose CPU is counted: the server's, or this process's where the store is asked without one. */
  readonly asked: 'server' | 'store';
  of(grown: Grown): Ask;
  /** Of so many requests of the others one is of this kind; 1 where left out. */
  readonly oneOf?: number;
  /** It is a part of a request, and told as such. */
  readonly isPart?: true;
}

const askRefresh = ({ families, issuer, secret, send }: Grown): Ask => {
  const latest = new Map<number, string>();
  const flow = { tokenEndpoint: `${issuer}/token`, authorization: basicOf(relyingParty.clientId, secret) };
  return async (draw) => {
    const family = drawFamily(draw % (families / 2), families);
    const answer = await refreshOnce(flow, latest.get(family) ?? refreshTokenOf(family), send);
    latest.set(family, answer.refresh_token);
  };
};

const askRedeem = ({ issuer, secret, send }: Grown): Ask => {
  const { clientId, redirectUri, codeVerifier, resource } = relyingParty;
  const form = { grant_type: 'authorization_code', redirect_uri: redirectUri, code_verifier: codeVerifier, resource };
  return async (draw) => {
    const asked = formTarget(`${issuer}/token`, basicOf(clientId, secret), { ...form, code: codeOf(draw) });
    tokensOf(await send(asked));
  };
};

/** From the half of the families that no refresh draws, so that none was spent. */
const askIntrospection = ({ families, issuer, secret, send }: Grown): Ask => {
  const authorization = basicOf(relyingParty.clientId, secret);
  return async (draw) => {
    const token = refreshTokenOf(drawFamily(families / 2 + (draw % (families / 2)), families));
    const { status, body } = await send(formTarget(`${issuer}/introspect`, authorization, { token }));
    if (status !== 200 || !body.includes('"active":true')) throw new Error(`Introspection answered ${status}: ${body}`);
  };
};

/** From the browser that was used before. */
const askSignIn =
  ({ families, issuer, send }: Grown): Ask =>
  async (draw) => {
    const user = userOf(drawFamily(draw, families), families);
    const { status, body } = await send(signInRequest(issuer, usernameOf(user), draw, browserOf(user)));
    if (status !== 303)
      throw new Error(`The sign-in of ${usernameOf(user)} was answered ${status}: ${body.slice(0, 200)}`);
  };

const askLookup =
  ({ families, store }: Grown): Ask =>
  async (draw) => {
    const user = userOf(drawFamily(draw, families), families);
    const found = await store.findUserByLogin(usernameOf(user));
    if (found === undefined || !(await store.isKnownBrowser(found.sub, hashOpaque(browserOf(user)))))
      throw new Error(`${usernameOf(user)} was not found, or not their browser.`);
  };

export const refresh: RequestKind = { name: 'refresh', asked: 'server', of: askRefresh };

export const requestKinds: readonly RequestKind[] = [
  refresh,
  { name: 'code redeemed', asked: 'server', of: askRedeem },
  { name: 'refresh token introspected', asked: 'server', of: askIntrospection },
  { name: 'sign-in by password', asked: 'server', of: askSignIn, oneOf: 20 },
  { name: 'its lookup of user and browser, in the store', asked: 'store', of: askLookup, isPart: true },
];

/**
 * @param cpuSeconds - of whoever does the work, so far.
 * @param from - the first draw of this round.
 */
export const measureAsking = async (
  ask: Ask,
  cpuSeconds: () => number,
  from: number,
  requests: number,
  workers: number,
): Promise<Measurement> => {
  let next = from;
  const work = async (): Promise<void> => {
    while (next < from + requests) {
      const draw = next;
      next += 1;
      await ask(draw);
    }
  };
  const [started, cpuBefore] = [performance.now(), cpuSeconds()];
  await Promise.all(Array.from({ length: workers }, work));
  return {
    answers: requests,
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: cpuSeconds() - cpuBefore,
  };
};
