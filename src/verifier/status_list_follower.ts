// Follows the issuer's status lists: fetches all there are, again and again, so that a token costs one look at one bit. A
// list that is met for the first time is fetched once, for all its tokens. Token Status List §8, §9.
import { atIssuer } from './at_issuer.ts';
import { createBoundedMap } from './bounded_map.ts';
import type { NumericDate } from './claims.ts';
import { FetchRefusal, fetchSigned } from './fetch_signed.ts';
import { parseJsonObject } from './json_object.ts';
import { later } from './later.ts';
import { assertOptions, type OptionKinds } from './option_kinds.ts';
import { assertFirst, followsNoMore, type RevocationCheck, type RevocationContext } from './revocation_check.ts';
import { isCloudflareWorkers } from './runtime.ts';
import {
  assertNotStale,
  isStale,
  notFetched,
  readStaleRules,
  type StaleRules,
  type WhenStale,
} from './stale_policy.ts';
import { createStandstill } from './standstill.ts';
import { readStatusList, type StatusList } from './status_list.ts';
import { assertStanding, referenceIn, type StatusReference } from './status_reference.ts';
import { tellOf } from './tell_of.ts';
import { TokenError } from './token_error.ts';

export interface FollowStatusListsOptions {
  /** The issuer's `status_list_aggregation_endpoint`. Default: `/status-lists` at the issuer. */
  readonly aggregation?: string;
  /** Default: 'fail-closed'. */
  readonly whenStale?: WhenStale;
  /** How old a list may be, since the issuer signed it. Default: twice its `ttl`, 60 with an issuer that is not told otherwise. */
  readonly staleAfterSeconds?: number;
  /** Tokens that have no place in a list, as of a resource added without --status-list. Default: 'refuse'. */
  readonly tokensWithoutStatus?: 'refuse' | 'accept';
  /** How long one fetch may take. Default: 5. */
  readonly timeoutSeconds?: number;
  /** How many lists are kept at most. Default: 256. */
  readonly mostLists?: number;
  /** The biggest list that is read, decompressed. Default: 2097152, of 2^24 places. */
  readonly maxListBytes?: number;
  /** Told what could not be fetched, or was no list. */
  readonly onProblem?: (error: unknown) => void;
}

const kinds: OptionKinds<FollowStatusListsOptions> = {
  aggregation: 'string',
  whenStale: 'checked',
  staleAfterSeconds: 'checked',
  tokensWithoutStatus: ['refuse', 'accept'],
  timeoutSeconds: [0.1, 60],
  mostLists: [1, 100_000],
  maxListBytes: [1, 2 ** 27],
  onProblem: 'function',
};

interface HeldList extends StatusList {
  /** When the issuer signed it. */
  readonly asOf: NumericDate;
  readonly ttlSeconds: number;
}

const defaultTtlSeconds = 30;
const staleTtls = 2;
const firstRetrySeconds = 1;
/** After a failed fetch for a token, tokens of the same list are judged without one for so long. */
const cooldownSeconds = 2;
const fetchesAtOnce = 8;
/** A list the issuer does not name any more is of tokens that expired. */
const forgetSeconds = 600;
/** base64 of what hardly compresses, and the rest of the token. */
const signedBytesOf = (listBytes: number): number => listBytes * 2 + 16_384;
const aggregationBytes = 1_048_576;

const secondsBetween = (value: unknown, least: number, most: number, fallback: number): number =>
  typeof value === 'number' && value >= least ? Math.min(value, most) : fallback;

const readHeld = async (
  claims: Readonly<Record<string, unknown>>,
  uri: string,
  maxListBytes: number,
): Promise<HeldList> => {
  if (claims.sub !== uri) throw new FetchRefusal(`${uri} answered with the list of another URI.`);
  if (typeof claims.iat !== 'number') throw new FetchRefusal(`The list ${uri} has no iat.`);
  const list = await readStatusList(claims.status_list, maxListBytes);
  return { ...list, asOf: claims.iat, ttlSeconds: secondsBetween(claims.ttl, 1, 3600, defaultTtlSeconds) };
};

/** Runs them a few at a time. */
const eachOf = async <Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> => {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: fetchesAtOnce }, worker));
};

/** Fetches that failed, and since when they have. */
interface Failure {
  readonly since: NumericDate;
  readonly last: NumericDate;
}

/**
 * For createVerifier's `revocation`. A revocation is known within the list's `ttl`, the time of a fetch and the few seconds
 * the issuer keeps a list before it signs it anew; a list older than twice its `ttl`, 60 s, is stale.
 *
 * @throws {TypeError} when an option is out of bounds.
 */
export const followStatusLists = (options: FollowStatusListsOptions = {}): RevocationCheck => {
  assertOptions('followStatusLists', options, kinds);
  const { tokensWithoutStatus = 'refuse', timeoutSeconds = 5, maxListBytes = 2_097_152, mostLists = 256 } = options;
  const tell = tellOf(options.onProblem);
  const rulesFor = (ttlSeconds: number): StaleRules =>
    readStaleRules(options.whenStale, options.staleAfterSeconds ?? ttlSeconds * staleTtls);
  const { failOpenSeconds } = rulesFor(defaultTtlSeconds);
  const lists = new Map<string, HeldList>();
  const failures = createBoundedMap<Failure>(1024);
  const fetching = new Map<string, Promise<void>>();
  const standstill = createStandstill(() => started().clock.now(), tell);
  let context: RevocationContext | undefined;
  let shortestTtl = defaultTtlSeconds;
  let callOff = (): void => undefined;
  let firstRound: Promise<boolean> | undefined;
  let isWaiting = false;
  let closed = false;

  const started = (): RevocationContext => {
    if (context === undefined) throw new TypeError('followStatusLists belongs into createVerifier({ revocation }).');
    return context;
  };

  const hold = (uri: string, list: HeldList): void => {
    const before = lists.get(uri);
    // An older answer that was under way longer takes nothing back.
    if (closed || (before !== undefined && before.asOf > list.asOf)) return;
    lists.delete(uri);
    lists.set(uri, list);
    const [oldest] = lists.keys();
    if (lists.size > mostLists && oldest !== undefined) lists.delete(oldest);
    if (list.ttlSeconds >= shortestTtl) return;
    // What was planned before would come too late for this one.
    shortestTtl = list.ttlSeconds;
    if (isWaiting) planRound(shortestTtl / 2, 0);
  };

  const bringList = async (uri: string): Promise<void> => {
    const { fetch, verifyDocument } = started();
    const maxBytes = signedBytesOf(maxListBytes);
    const accept = 'application/statuslist+jwt';
    const token = await fetchSigned({ url: uri, accept, fetch, timeoutSeconds, maxBytes });
    hold(uri, await readHeld(await verifyDocument(token, 'statuslist+jwt', maxBytes), uri, maxListBytes));
    failures.delete(uri);
  };

  const fetchList = async (uri: string): Promise<void> => {
    try {
      await bringList(uri);
    } catch (error) {
      const now = started().clock.now();
      failures.set(uri, { since: failures.get(uri)?.since ?? now, last: now });
      tell(error);
    }
  };

  const fetchOnce = (uri: string): Promise<void> => {
    // Of Workers' requests none may wait for what another began.
    if (isCloudflareWorkers) return fetchList(uri);
    const begun = fetching.get(uri) ?? fetchList(uri).finally(() => fetching.delete(uri));
    fetching.set(uri, begun);
    return begun;
  };

  /** Nothing else is ever fetched, whatever a token says. */
  const isOfIssuer = (uri: string): boolean => uri.startsWith(atIssuer(started().issuer, '/'));

  const listsThereAre = async (): Promise<readonly string[]> => {
    const { fetch, issuer } = started();
    const url = options.aggregation ?? atIssuer(issuer, '/status-lists');
    const accept = 'application/json';
    const text = await fetchSigned({ url, accept, fetch, timeoutSeconds, maxBytes: aggregationBytes });
    const found = parseJsonObject(text)?.status_lists;
    if (!Array.isArray(found)) throw new FetchRefusal(`${url} has no status_lists.`);
    const uris = found.filter((uri) => typeof uri === 'string' && isOfIssuer(uri));
    if (uris.length > mostLists)
      tell(new FetchRefusal(`There are ${uris.length} status lists, and mostLists is ${mostLists}: raise it.`));
    return uris.slice(0, mostLists);
  };

  /** @returns whether all there are could be fetched. */
  const fetchAll = async (): Promise<boolean> => {
    try {
      const uris = await listsThereAre();
      const forgetBefore = started().clock.now() - forgetSeconds;
      for (const [uri, { asOf }] of lists) if (!uris.includes(uri) && asOf < forgetBefore) lists.delete(uri);
      // Lists that only tokens told of yet are kept fresh too.
      await eachOf([...new Set([...uris, ...lists.keys()])], (uri) => {
        standstill.expect(timeoutSeconds);
        return fetchOnce(uri);
      });
      return uris.every((uri) => failures.get(uri) === undefined);
    } catch (error) {
      tell(error);
      return false;
    }
  };

  const planRound = (waitSeconds: number, failed: number): void => {
    callOff();
    if (closed) return;
    isWaiting = true;
    standstill.expect(waitSeconds);
    callOff = later(waitSeconds, () => goOn(failed).catch(tell));
  };

  const goOn = async (failed: number): Promise<boolean> => {
    isWaiting = false;
    standstill.expect(timeoutSeconds);
    const complete = await fetchAll();
    const regular = shortestTtl / 2;
    const waitSeconds = complete ? regular : Math.min(regular, firstRetrySeconds * 2 ** Math.min(failed, 10));
    planRound(waitSeconds, complete ? 0 : failed + 1);
    return complete;
  };

  const judge = (reference: StatusReference, now: NumericDate): void => {
    const held = lists.get(reference.uri);
    const failure = failures.get(reference.uri);
    if (held !== undefined) {
      assertStanding(held, reference);
      assertNotStale(held.asOf, now, rulesFor(held.ttlSeconds));
    } else if (failure === undefined || now - failure.since >= failOpenSeconds)
      throw notFetched("The token's status list");
  };

  const isDue = (uri: string, now: NumericDate): boolean => {
    const { last = Number.NEGATIVE_INFINITY } = failures.get(uri) ?? {};
    if (Math.abs(now - last) < cooldownSeconds) return false;
    const held = lists.get(uri);
    // Where nothing goes on between requests, requests fetch what is due.
    return held === undefined || (isCloudflareWorkers && now - held.asOf > held.ttlSeconds);
  };

  /** undefined: it is judged by what is held. */
  const pending = (uri: string, now: NumericDate): Promise<void> | undefined => {
    if (isDue(uri, now)) return fetchOnce(uri);
    const held = lists.get(uri);
    if (held === undefined || !isStale(held.asOf, now, rulesFor(held.ttlSeconds))) return undefined;
    return standstill.makeUpFor(uri, () => bringList(uri));
  };

  return {
    start: (given) => {
      assertFirst(context);
      context = given;
      if (!isCloudflareWorkers) firstRound = goOn(0);
    },
    ready: async () => {
      if ((await (firstRound ?? fetchAll())) || failOpenSeconds > 0) return;
      throw notFetched('The status lists');
    },
    check: (claims, now) => {
      if (closed) throw followsNoMore();
      const reference = referenceIn(claims);
      if (reference === undefined) {
        // An ID token has no place in a list, and no client_id (RFC 9068 §2.2).
        if (tokensWithoutStatus === 'accept' || claims.client_id === undefined) return undefined;
        throw new TokenError('claim_invalid', 'The token has no status.status_list; its resource needs --status-list.');
      }
      if (!isOfIssuer(reference.uri))
        throw new TokenError('claim_invalid', "The token's status list is not at its issuer.");
      const waiting = pending(reference.uri, now);
      if (waiting !== undefined) return waiting.then(() => judge(reference, started().clock.now()));
      judge(reference, now);
      return undefined;
    },
    close: () => {
      closed = true;
      callOff();
      lists.clear();
    },
  };
};
