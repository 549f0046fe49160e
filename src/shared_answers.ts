// Which answers all isolates of a data centre share, and for how long: the key set, for an isolate that has no view of its
// own yet, and the status lists. Both are bounded by what the configuration promises of shared caches.
import { basePathOf, paths } from './endpoints/paths.ts';
import type { Provider } from './provider.ts';
import { statusListUri } from './tokens/status_list_token.ts';

/** Where answers are kept: the cache of one data centre. */
export interface SharedDocumentStore {
  find(request: Request, ages: boolean, now: number): Promise<Response | undefined>;
  keep(url: string, response: Response, seconds: number, now: number): Promise<void>;
  forget(url: string): Promise<void>;
}

export interface SharedAnswers {
  /** A key set or a status list that is kept for this request. */
  find(request: Request): Promise<Response | undefined>;
  /** A status list alone: a key set of one's own is newer than any that is kept. */
  findList(request: Request): Promise<Response | undefined>;
  keep(request: Request, response: Response, keyRing: Provider['keyRing']): Promise<void>;
  /** Forgets the key set and the lists that have changed since the last time; in this data centre. */
  purge(provider: Pick<Provider, 'keyRing' | 'revocations'>): Promise<void>;
}

const none: SharedAnswers = {
  find: async () => undefined,
  findList: async () => undefined,
  keep: async () => undefined,
  purge: async () => undefined,
};

export const createSharedAnswers = (
  { config, clock }: Pick<Provider, 'config' | 'clock'>,
  documents: SharedDocumentStore | undefined,
): SharedAnswers => {
  if (documents === undefined) return none;
  const { issuer, policy } = config;
  const base = basePathOf(issuer);
  const jwksPath = base + paths.jwks;
  const listPath = base + paths.status_list_aggregation;
  const jwksUri = issuer + paths.jwks;
  /** Never older than S says that a shared cache may make it, and than the answer says of itself. */
  const jwksSeconds = Math.min(policy.jwksMaxAgeSeconds, policy.sharedCacheSeconds);
  let keptKids: string | undefined;
  let keptAt = Number.NEGATIVE_INFINITY;
  const versions = new Map<string, number>();

  const isList = (pathname: string): boolean => pathname === listPath || pathname.startsWith(`${listPath}/`);
  /** Without a query: nothing else that is asked may be answered with what was kept. */
  const plainPathOf = ({ method, url }: Request): string | undefined => {
    const { pathname, search } = new URL(url);
    return method === 'GET' && search === '' ? pathname : undefined;
  };
  /** As its name is in the metadata, whatever host it was asked for by. */
  const urlOf = (pathname: string): string => new URL(pathname, issuer).href;

  const findAt = async (pathname: string, request: Request, ages: boolean): Promise<Response | undefined> =>
    documents.find(new Request(urlOf(pathname), { headers: request.headers }), ages, clock.now());

  const findList = async (request: Request): Promise<Response | undefined> => {
    const pathname = plainPathOf(request);
    return pathname !== undefined && isList(pathname) ? findAt(pathname, request, true) : undefined;
  };

  const keepJwks = async (response: Response, kids: string): Promise<void> => {
    const isKept = keptKids === kids && clock.monotonicSeconds() - keptAt < jwksSeconds / 2;
    if (jwksSeconds === 0 || isKept) return;
    [keptKids, keptAt] = [kids, clock.monotonicSeconds()];
    await documents.keep(jwksUri, response, jwksSeconds, clock.now());
  };

  return {
    findList,
    find: async (request) => (plainPathOf(request) === jwksPath ? findAt(jwksPath, request, false) : findList(request)),
    keep: async (request, response, keyRing) => {
      const pathname = plainPathOf(request);
      if (pathname === undefined || response.status !== 200) return;
      // What is older than P an isolate cut off from the database may serve for itself, and not to others.
      if (pathname === jwksPath) return keyRing.isOld() ? undefined : keepJwks(response.clone(), keyRing.jwkSet().kids);
      const maxAge = /max-age=(\d+)/.exec(response.headers.get('Cache-Control') ?? '')?.[1];
      if (isList(pathname) && maxAge !== undefined)
        await documents.keep(urlOf(pathname), response.clone(), Number(maxAge), clock.now());
    },
    purge: async ({ keyRing, revocations }) => {
      if (keptKids !== keyRing.jwkSet().kids) {
        keptKids = undefined;
        await documents.forget(jwksUri);
      }
      await revocations.refresh();
      for (const { listId } of revocations.lists()) {
        const version = revocations.list(listId)?.version ?? 0;
        if (version === (versions.get(listId) ?? 0)) continue;
        versions.set(listId, version);
        await documents.forget(statusListUri(issuer, listId));
      }
    },
  };
};
