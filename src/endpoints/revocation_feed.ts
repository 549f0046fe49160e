// revocation_feed_endpoint: marks of what is revoked since a cursor, as one signed page, or as server-sent events that go
// on. Ours; docs/revocation.md describes it. WHATWG HTML §9.2.
import { createRevocationFeed, feedStart } from '../tokens/revocation_feed.ts';
import type { Endpoint } from './endpoint.ts';
import { createFeedStreams } from './feed_streams.ts';
import { publicOptions } from './public_document.ts';

const viewSeconds = 0.25;
const cursorForm = /^[0-9]{1,15}(-[0-9a-f]{12})?$/;
const unread = {
  error: 'temporarily_unavailable',
  error_description: 'What is revoked has not been read yet. Try again in a second.',
};
const everyOrigin = { 'Access-Control-Allow-Origin': '*' };

export const revocationFeed: Endpoint = (provider) => {
  const { revocations } = provider;
  const feed = createRevocationFeed(provider);
  const streams = createFeedStreams(feed, provider);
  return {
    GET: async (context) => {
      const asked = context.req.header('Last-Event-ID') ?? context.req.query('cursor') ?? feedStart;
      const cursor = cursorForm.test(asked) ? asked : feedStart;
      await revocations.freshen(viewSeconds);
      // Refused here where nothing may be signed: a stream would be silent, and whoever asks can go to another node.
      const page = await feed.pageAfter(cursor);
      // Where no stream is to be had the answer is a page, and who follows sees by its type that it has to poll.
      const wanted = context.req.method === 'GET' && context.req.header('Accept')?.includes('text/event-stream');
      const stream = wanted ? streams.open(cursor) : undefined;
      if (stream !== undefined)
        return context.body(stream, 200, {
          ...everyOrigin,
          'Content-Type': 'text/event-stream',
          'Cache-Control': 'no-store',
          'X-Accel-Buffering': 'no',
        });
      if (page === undefined) return context.json(unread, 503, { ...everyOrigin, 'Retry-After': '1' });
      return context.body(page.token, 200, {
        ...everyOrigin,
        'Content-Type': 'application/jwt',
        'Cache-Control': 'public, max-age=1',
        Vary: 'Accept, Last-Event-ID',
      });
    },
    OPTIONS: publicOptions,
  };
};
