// Places that keep the last good key set over a restart: a file, Workers KV, the Cache API. Whoever can write there decides
// which keys are trusted, so it is to be as safe as the service's own configuration.
import { builtinModule } from './runtime.ts';

export interface KeySetStore {
  /** @returns what was written last; undefined when there is nothing. */
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}

const isMissing = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';

/**
 * A file, mode 0600, replaced as a whole. On Node, Bun and Deno.
 *
 * @throws {TypeError} where there are no files.
 */
export const keySetFile = (path: string): KeySetStore => {
  const files = builtinModule('node:fs/promises');
  if (files === undefined) throw new TypeError('This runtime has no files: keep the key set in KV or in a cache.');
  return {
    read: async () => {
      try {
        return await files.readFile(path, 'utf8');
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    write: async (text) => {
      const written = `${path}.${crypto.randomUUID()}`;
      try {
        await files.writeFile(written, text, { mode: 0o600, flag: 'wx' });
        await files.rename(written, path);
      } catch (error) {
        await files.rm(written, { force: true });
        throw error;
      }
    },
  };
};

/** What is used of a Workers KV namespace. */
export interface KvNamespace {
  get(key: string): Promise<string | null>;
  put(key: string, value: string): Promise<void>;
}

export const keySetInKv = (namespace: KvNamespace, key = 'keyturn_key_set'): KeySetStore => ({
  read: async () => (await namespace.get(key)) ?? undefined,
  write: (text) => namespace.put(key, text),
});

/** What is used of a `Cache`, as `await caches.open('keyturn')`. */
export interface ResponseCache {
  match(url: string): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<void>;
}

/** @param keptSeconds - how long the cache may keep it: no less than `keysUsableSeconds`. */
export const keySetInCache = (
  cache: ResponseCache,
  url = 'https://key-set.invalid/keyturn',
  keptSeconds = 86_400,
): KeySetStore => ({
  read: async () => (await cache.match(url))?.text(),
  write: (text) => cache.put(url, new Response(text, { headers: { 'cache-control': `max-age=${keptSeconds}` } })),
});
