// Follows the issuer's revocation feed, by polling or by a stream: marks are known within 2 s, and a token costs a look
// into a map for each of its claims that may be marked.
import { atIssuer } from './at_issuer.ts';
import type { NumericDate } from './claims.ts';
import { readEventStream } from './event_stream.ts';
import { askSigned, FetchRefusal, readBounded, type SignedAnswer } from './fetch_signed.ts';
import { later } from './later.ts';
import { assertOptions, type OptionKinds } from './option_kinds.ts';
import { assertFirst, followsNoMore, type RevocationCheck, type RevocationContext } from './revocation_check.ts';
import { type RevocationFeedPage, readRevocationFeedPage } from './revocation_feed_page.ts';
import { createRevocationMarks } from './revocation_marks.ts';
import { isCloudflareWorkers } from './runtime.ts';
import { assertNotStale, isStale, notFetched, readStaleRules, type WhenStale } from './stale_policy.ts';
import { createStandstill } from './standstill.ts';
import { tellOf } from './tell_of.ts';
import { TokenError } from './token_error.ts';

export interface FollowRevocationFeedOptions {
  /** The issuer's `revocation_feed_endpoint`. Default: `/revocations` at the issuer. */
  readonly url?: string;
  /**
   * 'poll' asks once in `pollSeconds`. 'stream' keeps a connection open, which costs the issuer less; it keeps a process
   * alive until `close`, and polls where there is no stream to be had. Default: 'poll'.
   */
  readonly transport?: 'poll' | 'stream';
  /** Default: 0.75. */
  readonly pollSeconds?: number;
  /** Default: 'fail-closed'. */
  readonly whenStale?: WhenStale;
  /** How long ago the issuer may have said last that nothing else is revoked. Default: 10. */
  readonly staleAfterSeconds?: number;
  /** How long one fetch may take. Default: 5. */
  readonly timeoutSeconds?: number;
  /** More marks than this are no feed any more, and nothing is known. Default: 1000000. */
  readonly mostMarks?: number;
  /** Told what could not be fetched, or was no page. */
  readonly onProblem?: (error: unknown) => void;
}

const kinds: OptionKinds<FollowRevocationFeedOptions> = {
  url: 'string',
  transport: ['poll', 'stream'],
  pollSeconds: [0.1, 3600],
  whenStale: 'checked',
  staleAfterSeconds: 'checked',
  timeoutSeconds: [0.1, 60],
  mostMarks: [1, 100_000_000],
  onProblem: 'function',
};

/** One fetch; `callOff` lets it take longer, `end` says that it is over. */
interface Asking {
  readonly signal: AbortSignal;
  readonly callOff: () => void;
  readonly end: () => void;
}

const typ = 'revocation-feed+jwt';
const start = '0';
const mostPageBytes = 4_194_304;
const idleSeconds = 6;
const firstRetrySeconds = 0.25;
const mostRetrySeconds = 5;
const forgetEverySeconds = 60;

const retryAfter = (failures: number): number => Math.min(firstRetrySeconds * 2 ** failures, mostRetrySeconds);

/**
 * For createVerifier's `revocation`.
 *
 * @throws {TypeError} when an option is out of bounds.
 */
export const followRevocationFeed = (options: FollowRevocationFeedOptions = {}): RevocationCheck => {
  assertOptions('followRevocationFeed', options, kinds);
  const { transport = 'poll', pollSeconds = 0.75, timeoutSeconds = 5, mostMarks = 1_000_000 } = options;
  const tell = tellOf(options.onProblem);
  const rules = readStaleRules(options.whenStale, options.staleAfterSeconds ?? 10);
  const marks = createRevocationMarks(() => started().issuer);
  let context: RevocationContext | undefined;
  let cursor = start;
  /** When the issuer last said that this is all; before the first time, when following began. */
  let asOf = 0;
  let complete = false;
  let forgetAt = 0;
  let closed = false;
  const underWay = new Set<AbortController>();
  const standstill = createStandstill(() => started().clock.now(), tell);
  let first: Promise<void> | undefined;
  let wake: (() => void) | undefined;

  const started = (): RevocationContext => {
    if (context === undefined) throw new TypeError('followRevocationFeed belongs into createVerifier({ revocation }).');
    return context;
  };

  /** Marks that are too many are kept, lest what was revoked stand again; there is no room for others until some expire. */
  const addMarks = (page: RevocationFeedPage, asked: string, now: NumericDate): void => {
    if (page.since !== undefined && page.since !== asked)
      throw new FetchRefusal('The page of the revocation feed begins where another ended: marks are missing.');
    if (!page.marks.every(marks.add)) throw new FetchRefusal('The page of the revocation feed has malformed marks.');
    if (now >= forgetAt || marks.size > mostMarks) {
      marks.forgetExpired(now);
      forgetAt = now + forgetEverySeconds;
    }
    if (marks.size > mostMarks)
      throw new FetchRefusal(`The revocation feed has more than ${mostMarks} marks (mostMarks).`);
  };

  /**
   * @param asked - the cursor it was asked for by. On Workers another request may have taken the same page meanwhile.
   * @returns whether there is more at once.
   */
  const take = async (token: string, asked: string): Promise<boolean> => {
    const { verifyDocument, clock } = started();
    const page = readRevocationFeedPage(await verifyDocument(token, typ, mostPageBytes));
    addMarks(page, asked, clock.now());
    cursor = page.cursor;
    if (!page.more) {
      // An answer of old times, from a cache, says nothing of now.
      asOf = complete ? Math.max(asOf, page.iat) : page.iat;
      complete = true;
    }
    return page.more;
  };

  const ask = (accept: string, signal: AbortSignal): Promise<SignedAnswer> => {
    const { fetch, issuer } = started();
    const url = options.url ?? atIssuer(issuer, '/revocations');
    return askSigned(`${url}?cursor=${encodeURIComponent(cursor)}`, accept, fetch, signal);
  };

  const takeBody = async (body: ReadableStream<Uint8Array>, asked: string, signal: AbortSignal): Promise<boolean> =>
    take(new TextDecoder().decode(await readBounded(body, mostPageBytes, signal)), asked);

  /**
   * Ends a fetch after its time, or when the verifier is closed. By a controller that is held here: a signal that only
   * AbortSignal.any knows of is collected as garbage on Node 20 and Deno, and never comes.
   */
  const begin = (): Asking => {
    const asking = new AbortController();
    underWay.add(asking);
    standstill.expect(timeoutSeconds);
    const late = (): void => asking.abort(new FetchRefusal(`No answer in ${timeoutSeconds} s.`));
    const callOff = later(timeoutSeconds, late);
    const end = (): void => {
      callOff();
      underWay.delete(asking);
    };
    return { signal: asking.signal, callOff, end };
  };

  const poll = async (): Promise<void> => {
    let more = true;
    while (more && !closed) {
      const { signal, end } = begin();
      const asked = cursor;
      try {
        const { body } = await ask('application/jwt', signal);
        more = await takeBody(body, asked, signal);
      } finally {
        end();
      }
    }
  };

  const follow = async (onPage: () => void): Promise<void> => {
    const { signal, callOff, end } = begin();
    try {
      const { body, headers } = await ask('text/event-stream, application/jwt', signal);
      if (!headers.get('content-type')?.startsWith('text/event-stream')) {
        await takeBody(body, cursor, signal);
        return onPage();
      }
      // A stream goes on; whether anything comes of it is seen to as it is read.
      callOff();
      for await (const data of readEventStream(body, idleSeconds, mostPageBytes, signal)) {
        await take(data, cursor);
        standstill.expect(idleSeconds);
        onPage();
      }
    } finally {
      end();
    }
  };

  const pause = (seconds: number): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      standstill.expect(seconds);
      later(seconds, resolve);
    });

  /** @returns how many attempts have failed in a row. */
  const attempt = async (failures: number, onPage: () => void): Promise<number> => {
    let taken = false;
    try {
      await (transport === 'stream'
        ? follow(() => {
            taken = true;
            onPage();
          })
        : poll());
      return 0;
    } catch (error) {
      if (!closed) tell(error);
      return taken ? 1 : failures + 1;
    } finally {
      onPage();
    }
  };

  const goOn = async (onFirst: () => void): Promise<void> => {
    let failures = 0;
    while (!closed) {
      failures = await attempt(failures, onFirst);
      const waitSeconds = failures === 0 ? pollSeconds : retryAfter(failures);
      if (!closed) await pause(waitSeconds);
    }
  };

  const judge = (revoked: boolean, now: NumericDate): void => {
    if (revoked)
      throw new TokenError('token_revoked', 'The issuer revoked this token, or all of its session, subject or client.');
    if (!complete && rules.failOpenSeconds === 0) throw notFetched('The revocation feed');
    assertNotStale(asOf, now, rules);
  };

  const match = (claims: Parameters<RevocationCheck['check']>[0], now: NumericDate): Promise<void> | undefined => {
    if (closed) throw followsNoMore();
    const revoked = marks.match(claims);
    if (typeof revoked !== 'boolean') return revoked.then((matched) => judge(matched, now));
    judge(revoked, now);
    return undefined;
  };

  /** What failed last is tried by one request alone, and then by none for a while; failures of those that asked at once are one. */
  let failed = 0;
  let triedAgainAt = Number.NEGATIVE_INFINITY;
  const pollOfRequest = async (now: NumericDate): Promise<void> => {
    const failedBefore = failed;
    if (failed > 0) triedAgainAt = now + timeoutSeconds;
    try {
      await poll();
      failed = 0;
    } catch (error) {
      failed = failedBefore + 1;
      triedAgainAt = started().clock.now() + retryAfter(failed);
      tell(error);
    }
  };

  const isDue = (now: NumericDate): boolean => now - asOf > pollSeconds && (failed === 0 || now >= triedAgainAt);

  /** Where nothing goes on between requests, requests ask; elsewhere those wait that come first, or after a standstill. */
  const pending = (now: NumericDate): Promise<void> | undefined => {
    if (isCloudflareWorkers) return isDue(now) ? pollOfRequest(now) : undefined;
    if (complete && !isStale(asOf, now, rules)) return undefined;
    return standstill.makeUpFor(typ, poll) ?? (complete ? undefined : first);
  };

  return {
    start: (given) => {
      assertFirst(context);
      context = given;
      asOf = given.clock.now();
      if (!isCloudflareWorkers)
        first = new Promise((resolve) => {
          goOn(resolve).catch(tell);
        });
    },
    ready: async () => {
      await (first ?? poll().catch(tell));
      if (!complete && rules.failOpenSeconds === 0) throw notFetched('The revocation feed');
    },
    check: (claims, now) => {
      const waiting = pending(now);
      return waiting === undefined ? match(claims, now) : waiting.then(() => match(claims, started().clock.now()));
    },
    close: () => {
      closed = true;
      for (const asking of underWay) asking.abort();
      wake?.();
      marks.clear();
    },
  };
};
