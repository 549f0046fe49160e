// The issuer's published key set, kept fresh: the usual source of keys. RFC 7517 §5, RFC 8414 §2 (jwks_uri).
import { fetchKeySet } from './fetch_key_set.ts';
import { keptText, restoreKeySet } from './held_key_set.ts';
import { createKeySetCache } from './key_set_cache.ts';
import type { KeySetStore } from './key_set_store.ts';
import type { KeySource } from './key_source.ts';
import { isLoopback } from './loopback.ts';
import { assertOptions, type OptionKinds } from './option_kinds.ts';
import { isCloudflareWorkers, runtimeFetch } from './runtime.ts';
import { slackSeconds } from './standstill.ts';
import { tellOf } from './tell_of.ts';
import { until } from './until.ts';

export interface KeysFromUrlOptions {
  /**
   * How long the last good set is used when the issuer cannot be reached, since it was fetched. Default: 86400. Longer
   * outlasts longer outages; but whoever stole a key, and can keep this service from the issuer, may use it that long.
   */
  readonly keysUsableSeconds?: number;
  /** How often, at most, tokens with a kid that is not in the set make it be fetched again. Default: 30. */
  readonly cooldownSeconds?: number;
  /** Default: 5. */
  readonly timeoutSeconds?: number;
  /** The biggest set that is read. Default: 262144. */
  readonly maxBytes?: number;
  /** Keeps the last good set over a restart: `keySetFile`, `keySetInKv`, `keySetInCache`. */
  readonly store?: KeySetStore;
  /** Asks in place of the global `fetch`: a Workers Service Binding, as `(url, init) => env.ISSUER.fetch(url, init)`. */
  readonly fetch?: typeof globalThis.fetch;
  /** On Workers, `waitUntil` of cloudflare:workers: refreshes after the response. Without it, the request waits. */
  readonly waitUntil?: (work: Promise<unknown>) => void;
  /** Told why a fetch failed, or the store; tokens go on being verified while there is a usable set. */
  readonly onProblem?: (error: unknown) => void;
  /** Takes the key set over HTTP from another machine, where anyone on the way can put in keys of their own. */
  readonly insecureHttp?: boolean;
}

const day = 86_400;

const kinds: OptionKinds<KeysFromUrlOptions> = {
  keysUsableSeconds: [60, 30 * day],
  cooldownSeconds: [1, day],
  timeoutSeconds: [0.1, 60],
  maxBytes: [1024, 16_777_216],
  store: 'object',
  fetch: 'function',
  waitUntil: 'function',
  onProblem: 'function',
  insecureHttp: 'boolean',
};

/** @throws {TypeError} */
const assertKeySetUrl = (url: string, insecureHttp: boolean): void => {
  if (!URL.canParse(url)) throw new TypeError(`The key set's URL ${url} is no URL. Expected https://...`);
  const parsed = new URL(url);
  const { protocol, username, password } = parsed;
  if (username !== '' || password !== '') throw new TypeError("The key set's URL may not hold a password.");
  if (protocol === 'https:' || (protocol === 'http:' && (insecureHttp || isLoopback(parsed)))) return;
  throw new TypeError(`The key set's URL ${url} is not HTTPS, so its keys could be anyone's. Expected https://...`);
};

const noBackground = { inBackground: undefined, shareable: false };
const background = { inBackground: () => undefined, shareable: true };

const surroundings = (waitUntil: KeysFromUrlOptions['waitUntil']) => {
  if (waitUntil !== undefined) return { inBackground: waitUntil, shareable: !isCloudflareWorkers };
  return isCloudflareWorkers ? noBackground : background;
};

/**
 * @param url - the issuer's `jwks_uri`.
 * @throws {TypeError} when the URL is not HTTPS (or loopback), or an option is out of bounds.
 */
export const keysFromUrl = (url: string, options: KeysFromUrlOptions = {}): KeySource => {
  assertOptions('keysFromUrl', options, kinds);
  const { fetch = runtimeFetch, store, onProblem, waitUntil, insecureHttp = false } = options;
  assertKeySetUrl(url, insecureHttp);
  const {
    keysUsableSeconds: usableSeconds = day,
    cooldownSeconds = 30,
    timeoutSeconds = 5,
    maxBytes = 262_144,
  } = options;
  return createKeySetCache({
    ...surroundings(waitUntil),
    lateSeconds: timeoutSeconds + slackSeconds,
    usableSeconds,
    cooldownSeconds,
    ask: (etag) => fetchKeySet({ url, fetch, timeoutSeconds, maxBytes, etag }),
    restore: async (now) => {
      if (store === undefined) return undefined;
      const kept = await until(AbortSignal.timeout(timeoutSeconds * 1000), store.read());
      return kept === undefined ? undefined : restoreKeySet(kept, url, usableSeconds, now);
    },
    keep: async (served) => {
      await store?.write(keptText(url, served));
    },
    report: tellOf(onProblem),
  });
};
