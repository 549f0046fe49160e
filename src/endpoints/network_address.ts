// The address a request came from: the peer's, or what the trusted proxies wrote, counted from the right. A header that
// anybody can send is never believed beyond them. RFC 7239 §8.
import type { Context } from 'hono';
import ipaddr from 'ipaddr.js';
import type { Config } from '../config.ts';
import type { AppEnvironment } from './endpoint.ts';

const ipv6NetworkGroups = 4;

/** Some proxies write the port too, which would make a new address of every connection. */
const withPort = /^(?:\[([^\]]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d+)?$/;

/** The /64 of an IPv6 address: one subscriber has all of it. An IPv4-mapped one is its IPv4 address. */
const limitedPrefix = (written: string): string => {
  const [, ipv6, ipv4] = withPort.exec(written) ?? [];
  const address = ipv6 ?? ipv4 ?? written;
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return `${parsed.toNormalizedString().split(':', ipv6NetworkGroups).join(':')}::/64`;
};

/** @returns an IPv4 address, or an IPv6 /64; `unknown` where the surroundings tell none. */
export const networkAddress = (context: Context<AppEnvironment>, { trustedProxies }: Config): string => {
  const peer = context.env?.remoteAddress;
  const forwarded = trustedProxies === 0 ? [] : (context.req.header('X-Forwarded-For')?.split(',') ?? []);
  const address = trustedProxies === 0 ? peer : forwarded.at(-trustedProxies)?.trim();
  return limitedPrefix(address ?? peer ?? 'unknown');
};
