// Which addresses may be asked that others named: public ones, and on a loopback issuer its neighbours. OWASP SSRF Prevention.
import ipaddr from 'ipaddr.js';

/** All of IPv6 that is given out. To ipaddr.js whatever else has no name is unicast, `::127.0.0.1` too. RFC 4291 §2.4. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/** Whether an address is public; on a loopback issuer its neighbours on loopback may be asked too. */
export const isAllowedAddress = (address: string, loopbackToo: boolean): boolean => {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  if (range === 'loopback') return loopbackToo;
  return range === 'unicast' && (parsed instanceof ipaddr.IPv4 || parsed.match(globalUnicast));
};

/** @param host - as in a URL, an IPv6 address without its brackets. */
export const isLoopbackHost = (host: string): boolean =>
  host === 'localhost' || (ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback');
