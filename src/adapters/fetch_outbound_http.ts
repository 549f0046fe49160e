// Asks addresses that others named with fetch, where the surroundings resolve names and connect. What a name resolves to
// is not seen here: Cloudflare's network connects a Worker to public addresses alone, and the names and literals of
// addresses that are none are refused before. No redirects, one bounded answer. OWASP SSRF Prevention.
import ipaddr from 'ipaddr.js';
import { type OutboundHttp, OutboundRefusedError } from '../seams/outbound_http.ts';
import { isAllowedAddress, isLoopbackHost } from './public_address.ts';

const timeoutMilliseconds = 5000;

/**
 * Of six connections that Cloudflare lets one event wait for: the seventh stands in line while its time runs out, and D1 is
 * reached by one too.
 */
const mostAtOnce = 5;

/** Names that are never public. RFC 6761, RFC 6762, RFC 8375, and what clouds call themselves inside. */
const privateName = /(^|\.)(localhost|local|internal|intranet|lan|home|corp|home\.arpa|test|invalid|onion)$/;

/** A URL writes IPv4 addresses in one way alone: `0x7f.1` comes as 127.0.0.1. WHATWG URL §3.5. */
const isPublicHost = (host: string): boolean => {
  if (ipaddr.isValid(host)) return isAllowedAddress(host, false);
  return host.includes('.') && !host.endsWith('.') && !privateName.test(host);
};

const assertAllowed = (url: URL, loopbackToo: boolean): void => {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const neighbour = loopbackToo && isLoopbackHost(host);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && neighbour))
    throw new OutboundRefusedError(`${url.origin} is not HTTPS.`);
  if (!neighbour && !isPublicHost(host)) throw new OutboundRefusedError(`${url.origin} is not a public address.`);
};

/** @param loopbackToo - for an issuer that is on loopback itself. */
export const createFetchOutboundHttp = (loopbackToo: boolean): OutboundHttp => ({
  mostAtOnce,
  postForm: async (target, form) => {
    const url = new URL(target);
    assertAllowed(url, loopbackToo);
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams(form).toString(),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      signal: AbortSignal.timeout(timeoutMilliseconds),
    });
    await response.body?.cancel();
    return response.status;
  },
});
