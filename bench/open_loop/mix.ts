// What applications and people ask of an issuer in a day, mixed: tokens for services, the key set, refreshes,
// introspection, and a sign-in now and then.
import { formTarget, type Target } from '../contender.ts';
import { type Answer, requestOf } from './connection.ts';
import type { Planned } from './open_loop.ts';

export interface MixParts {
  readonly token: Target;
  readonly keySet: Target;
  readonly introspection: Target;
  readonly refresh: {
    readonly tokenEndpoint: string;
    readonly authorization: string;
    /** One a family, of which each is refreshed by one request at a time. */
    readonly refreshTokens: readonly string[];
  };
  /** @returns the sign-in of the nth. Absent for a mix without people. */
  readonly signIn?: (nth: number) => Target;
}

export const bytesOf = ({ url, method, headers, body }: Target): string =>
  requestOf(method, new URL(url).pathname, headers, body);

/** Of each hundred requests. Sign-ins are counted by time, since each costs as much as a hundred tokens. */
const shares = [
  ['token', 50],
  ['refresh', 20],
  ['key set', 20],
  ['introspection', 10],
] as const;
const signInEverySeconds = 1;

export const createMix = ({ token, keySet, introspection, refresh, signIn }: MixParts): (() => Planned) => {
  const order = shares.flatMap(([kind, share]) => Array.from({ length: share }, (_, at) => ({ kind, at: at / share })));
  order.sort((a, b) => a.at - b.at);
  const fixed = { token: bytesOf(token), 'key set': bytesOf(keySet), introspection: bytesOf(introspection) } as const;
  const free = [...refresh.refreshTokens];
  let [turn, signedInAt, people] = [0, performance.now(), 0];
  const planRefresh = (): Planned | undefined => {
    const refreshToken = free.shift();
    if (refreshToken === undefined) return undefined;
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
    const answered = ({ status, body }: Answer): void => {
      free.push(status === 200 ? (JSON.parse(body) as { refresh_token: string }).refresh_token : refreshToken);
    };
    const request = bytesOf(formTarget(refresh.tokenEndpoint, refresh.authorization, form));
    return { kind: 'refresh', request, answered };
  };
  return () => {
    if (signIn !== undefined && performance.now() - signedInAt > signInEverySeconds * 1000) {
      people += 1;
      signedInAt = performance.now();
      return { kind: 'sign-in', request: bytesOf(signIn(people)) };
    }
    const { kind } = order[turn % order.length] ?? { kind: 'token' as const };
    turn += 1;
    // Where every family is being refreshed, a token is asked for instead.
    const planned = kind === 'refresh' ? planRefresh() : { kind, request: fixed[kind] };
    return planned ?? { kind: 'token', request: fixed.token };
  };
};
