// How long a response is fresh, RFC 9111 §4.2, for a cache of one's own: `max-age` less `Age`.

/** When the response says nothing. */
const unstatedFreshSeconds = 300;

const deltaSeconds = /^\d{1,10}$/;

/** @returns the directive's argument; '' when it has none; undefined when the directive is not there. RFC 9111 §5.2. */
const directive = (cacheControl: string, name: string): string | undefined => {
  for (const part of cacheControl.split(',')) {
    const [key = '', value = ''] = part.split('=', 2);
    if (key.trim().toLowerCase() === name) return value.trim().replace(/^"(.*)"$/, '$1');
  }
  return undefined;
};

const secondsIn = (value: string | null | undefined): number | undefined =>
  value !== null && value !== undefined && deltaSeconds.test(value.trim()) ? Number(value) : undefined;

/** @returns how long the response may be used without asking again; 0 when it is to be asked for each time. */
export const freshSecondsOf = (headers: Pick<Headers, 'get'>): number => {
  const cacheControl = headers.get('cache-control') ?? '';
  const never = ['no-store', 'no-cache'].some((name) => directive(cacheControl, name) !== undefined);
  if (never) return 0;
  const maxAge = directive(cacheControl, 'max-age');
  if (maxAge === undefined) return unstatedFreshSeconds;
  return Math.max(0, (secondsIn(maxAge) ?? 0) - (secondsIn(headers.get('age')) ?? 0));
};
