// Public documents kept with the Cache API of a Cloudflare data centre, for isolates that have nothing in memory yet. What
// is kept is handed out for as long as was said when it was kept; forgetting reaches this data centre alone.

/** What of the Cache API is used: `caches.default`. */
interface EdgeCache {
  match(request: Request): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<void>;
  delete(url: string): Promise<boolean>;
}

export interface SharedDocuments {
  /** @returns the document as it was answered, with what is left of its `max-age` where it `ages`; 304 to who has it. */
  find(request: Request, ages: boolean, now: number): Promise<Response | undefined>;
  /** Keeps a document for at most so many seconds. */
  keep(url: string, response: Response, seconds: number, now: number): Promise<void>;
  forget(url: string): Promise<void>;
}

/** Of ours: when it was kept, and the Cache-Control it was answered with. The cache itself goes by another. */
const [keptAt, answeredWith] = ['x-keyturn-kept-at', 'x-keyturn-cache-control'];

const aged = (cacheControl: string, seconds: number): string =>
  cacheControl.replace(/max-age=(\d+)/, (_, maxAge) => `max-age=${Math.max(1, Number(maxAge) - Math.max(0, seconds))}`);

export const createSharedDocuments = (cache: EdgeCache): SharedDocuments => ({
  find: async ({ url, headers: asked }, ages, now) => {
    const ifNoneMatch = asked.get('If-None-Match');
    const found = await cache.match(
      new Request(url, ifNoneMatch === null ? {} : { headers: { 'If-None-Match': ifNoneMatch } }),
    );
    if (found === undefined) return undefined;
    const headers = new Headers(found.headers);
    const cacheControl = headers.get(answeredWith) ?? '';
    const ageSeconds = now - Number(headers.get(keptAt) ?? now);
    for (const name of [keptAt, answeredWith]) headers.delete(name);
    headers.set('Cache-Control', ages ? aged(cacheControl, ageSeconds) : cacheControl);
    headers.set('X-Request-Id', crypto.randomUUID());
    return new Response(found.status === 304 ? null : found.body, { status: found.status, headers });
  },
  keep: async (url, response, seconds, now) => {
    const headers = new Headers(response.headers);
    headers.set(answeredWith, headers.get('Cache-Control') ?? '');
    headers.set(keptAt, String(now));
    headers.set('Cache-Control', `public, max-age=${seconds}`);
    await cache.put(url, new Response(response.body, { status: response.status, headers }));
  },
  forget: async (url) => {
    await cache.delete(url);
  },
});
