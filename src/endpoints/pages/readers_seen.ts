// Who has fetched the standby, for the public page: products that everybody knows by name, the others as a number. So
// nobody writes on the page by calling themselves something, and no version is shown to who looks for an old one.
import type { ReaderSeen, RingReadiness } from '../../keys/readiness.ts';
import type { SigningAlgorithm } from '../../seams/signer.ts';

const shownProducts: ReadonlySet<string> = new Set([
  ...['aiohttp', 'Apache-HttpClient', 'axios', 'curl', 'Dart', 'Deno', 'Envoy', 'Faraday', 'Go-http-client'],
  ...['GuzzleHttp', 'Java', 'Java-http-client', 'jose', 'kong', 'Mozilla', 'nginx', 'node', 'node-fetch', 'okhttp'],
  ...['PyJWT', 'Python-urllib', 'python-httpx', 'python-requests', 'reqwest', 'Ruby', 'traefik', 'undici'],
]);

/** Products by name, and how many kinds there are beside. */
export interface Readers {
  readonly names: readonly string[];
  readonly unnamed: number;
}

export interface ReadersSeen {
  readonly seen: Readers;
  readonly notSince: Readers;
}

const readersOf = (readers: readonly ReaderSeen[]): Readers => {
  const products = readers.map(({ reader }) => reader.split('/', 1)[0] ?? '');
  const names = [...new Set(products.filter((product) => shownProducts.has(product)))];
  return { names, unnamed: products.filter((product) => !shownProducts.has(product)).length };
};

export const readersSeenOf = (rings: readonly RingReadiness[]): ReadonlyMap<SigningAlgorithm, ReadersSeen> =>
  new Map(rings.map(({ alg, seen, notSince }) => [alg, { seen: readersOf(seen), notSince: readersOf(notSince) }]));

/** As in "jose, node and 3 others"; undefined for nobody. */
export const readersInWords = ({ names, unnamed }: Readers): string | undefined => {
  if (names.length === 0)
    return unnamed === 0 ? undefined : `${unnamed} ${unnamed === 1 ? 'kind' : 'kinds'} of verifier`;
  if (unnamed === 0) return names.join(', ');
  return `${names.join(', ')} and ${unnamed} ${unnamed === 1 ? 'other' : 'others'}`;
};
