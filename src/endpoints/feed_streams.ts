// The feed's open streams: each is sent the pages after its cursor as they come, and a signed page without marks as a
// sign of life. A reader that is slow is waited for, one that does not read is dropped and comes back with its cursor. While
// nothing can be signed they are silent, as while the database is away.
import { OAuthError } from '../errors.ts';
import type { Provider } from '../provider.ts';
import { cursorOf, type FeedPage, type RevocationFeed } from '../tokens/revocation_feed.ts';

const mostStreams = 1000;
const mostBufferedBytes = 256 * 1024;
/** How long something may lie unread. */
const mostUnreadSeconds = 10;
/** How long a stream is silent at most while the database answers. */
const signOfLifeSeconds = 2;

interface FeedStream {
  cursor: string;
  sentAt: number;
  sending: boolean;
  /** When there was nothing unread last. */
  emptyAt: number;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
}

export interface FeedStreams {
  /** @returns undefined when there are as many as may be, or the server is about to stop. */
  open(cursor: string): ReadableStream<Uint8Array> | undefined;
}

type Parts = Pick<Provider, 'revocations' | 'clock' | 'log' | 'metrics'>;

const encoder = new TextEncoder();
const encoded = new WeakMap<FeedPage, Uint8Array>();

/** Once for all streams, which mostly want the same page. */
const eventOf = (page: FeedPage): Uint8Array => {
  const known = encoded.get(page) ?? encoder.encode(`id: ${page.cursor}\ndata: ${page.token}\n\n`);
  encoded.set(page, known);
  return known;
};

export const createFeedStreams = (feed: RevocationFeed, { revocations, clock, log, metrics }: Parts): FeedStreams => {
  const streams = new Set<FeedStream>();
  let unwatch: (() => void) | undefined;

  const forget = (stream: FeedStream): void => {
    streams.delete(stream);
    metrics.feedFollowers(streams.size);
    if (streams.size > 0) return;
    unwatch?.();
    unwatch = undefined;
  };

  const end = (stream: FeedStream): void => {
    forget(stream);
    try {
      stream.controller.close();
    } catch {
      // The reader was gone already.
    }
  };

  const sendPages = async (stream: FeedStream): Promise<void> => {
    for (;;) {
      const page = await feed.pageAfter(stream.cursor);
      if (page === undefined || !streams.has(stream)) return;
      // It is gone on with when there is room again.
      if ((stream.controller.desiredSize ?? 0) <= 0) return;
      stream.controller.enqueue(eventOf(page));
      stream.cursor = page.cursor;
      stream.sentAt = clock.monotonicSeconds();
      if (!page.more) return;
    }
  };

  const isRead = (stream: FeedStream): boolean => {
    const now = clock.monotonicSeconds();
    if ((stream.controller.desiredSize ?? 0) >= mostBufferedBytes) stream.emptyAt = now;
    return now - stream.emptyAt <= mostUnreadSeconds;
  };

  const isDue = ({ cursor, sentAt }: FeedStream): boolean => {
    const last = revocations.marks().at(-1);
    const isBehind = last !== undefined && cursor !== cursorOf(last);
    return isBehind || clock.monotonicSeconds() - sentAt >= signOfLifeSeconds;
  };

  const send = (stream: FeedStream): void => {
    if (stream.sending || !isDue(stream)) return;
    if (!isRead(stream)) {
      end(stream);
      return;
    }
    stream.sending = true;
    sendPages(stream)
      .catch((error: unknown) => {
        if (error instanceof OAuthError && error.reason === 'signing_unavailable') return;
        log.warn({ reason: String(error) }, 'a page of the revocation feed could not be sent');
        end(stream);
      })
      .finally(() => {
        stream.sending = false;
      });
  };

  const watch = (event: 'read' | 'closed'): void => {
    for (const stream of [...streams]) event === 'closed' ? end(stream) : send(stream);
  };

  return {
    open: (cursor) => {
      if (revocations.closed || !revocations.polled || streams.size >= mostStreams) return undefined;
      unwatch ??= revocations.watch(watch);
      let opened: FeedStream;
      const size = new ByteLengthQueuingStrategy({ highWaterMark: mostBufferedBytes });
      return new ReadableStream<Uint8Array>(
        {
          start: (controller) => {
            const emptyAt = clock.monotonicSeconds();
            opened = { cursor, sentAt: Number.NEGATIVE_INFINITY, sending: false, emptyAt, controller };
            streams.add(opened);
            metrics.feedFollowers(streams.size);
            send(opened);
          },
          pull: () => {
            if (streams.has(opened)) send(opened);
          },
          cancel: () => forget(opened),
        },
        size,
      );
    },
  };
};
