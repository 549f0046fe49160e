// The feed's open streams: each is sent the pages after its cursor as they come, and a signed page without marks as a
// sign of life. A reader that does not read is dropped, and comes back with its cursor.
import type { Provider } from '../provider.ts';
import type { RevocationFeed } from '../tokens/revocation_feed.ts';

const mostStreams = 1000;
const mostBufferedBytes = 1024 * 1024;
/** How long a stream is silent at most while the database answers. */
const signOfLifeSeconds = 2;

interface FeedStream {
  cursor: string;
  sentAt: number;
  sending: boolean;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
}

export interface FeedStreams {
  /** @returns undefined when there are as many as may be, or the server is about to stop. */
  open(cursor: string): ReadableStream<Uint8Array> | undefined;
}

type Parts = Pick<Provider, 'revocations' | 'clock' | 'log'>;

const encoder = new TextEncoder();

export const createFeedStreams = (feed: RevocationFeed, { revocations, clock, log }: Parts): FeedStreams => {
  const streams = new Set<FeedStream>();
  let unwatch: (() => void) | undefined;

  const forget = (stream: FeedStream): void => {
    streams.delete(stream);
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
      if ((stream.controller.desiredSize ?? 0) <= 0) return end(stream);
      stream.controller.enqueue(encoder.encode(`id: ${page.cursor}\ndata: ${page.token}\n\n`));
      stream.cursor = page.cursor;
      stream.sentAt = clock.monotonicSeconds();
      if (!page.more) return;
    }
  };

  const isDue = ({ cursor, sentAt }: FeedStream): boolean => {
    const last = revocations.marks().at(-1);
    const isBehind = last !== undefined && cursor !== `${last.id}-${last.nonce}`;
    return isBehind || clock.monotonicSeconds() - sentAt >= signOfLifeSeconds;
  };

  const send = (stream: FeedStream): void => {
    if (stream.sending || !isDue(stream)) return;
    stream.sending = true;
    sendPages(stream)
      .catch((error: unknown) => {
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
            opened = { cursor, sentAt: Number.NEGATIVE_INFINITY, sending: false, controller };
            streams.add(opened);
            send(opened);
          },
          cancel: () => forget(opened),
        },
        size,
      );
    },
  };
};
