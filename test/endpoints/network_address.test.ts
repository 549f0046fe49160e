import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import type { AppEnvironment } from '../../src/endpoints/endpoint.ts';
import { networkAddress } from '../../src/endpoints/network_address.ts';

const addressOf = async (remoteAddress: string, trustedProxies: number, forwarded?: string): Promise<string> => {
  const config = readConfig({ KEYTURN_TRUSTED_PROXIES: `${trustedProxies}` });
  const app = new Hono<AppEnvironment>().get('/', (context) => context.text(networkAddress(context, config)));
  const headers: Record<string, string> = forwarded === undefined ? {} : { 'X-Forwarded-For': forwarded };
  return (await app.request('/', { headers }, { remoteAddress })).text();
};

describe('the address of a request, RFC 7239 §8', () => {
  test('T100: X-Forwarded-For counts for nothing where no proxy is trusted', async () => {
    expect(await addressOf('192.0.2.1', 0, '198.51.100.7')).toBe('192.0.2.1');
  });

  test.each([
    [1, '198.51.100.7', '198.51.100.7'],
    [1, '203.0.113.9, 198.51.100.7', '198.51.100.7'],
    [2, '203.0.113.9, 198.51.100.7', '203.0.113.9'],
    [2, '8.8.8.8, 203.0.113.9,198.51.100.7', '203.0.113.9'],
    [1, '203.0.113.9, 198.51.100.7:51004', '198.51.100.7'],
    [1, '203.0.113.9, [2001:db8:1:2::7]:51004', '2001:db8:1:2::/64'],
  ])('T100: behind %i trusted proxies, of %j it is %s', async (trustedProxies, forwarded, address) => {
    expect(await addressOf('192.0.2.1', trustedProxies, forwarded)).toBe(address);
  });

  test.each([
    [1, undefined],
    [2, '198.51.100.7'],
  ] as const)(
    'T100: where %i proxies should have written and the header is %s, it is the peer',
    async (trustedProxies, forwarded) => {
      expect(await addressOf('192.0.2.1', trustedProxies, forwarded)).toBe('192.0.2.1');
    },
  );

  test.each([
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::9', '2001:db8:1:3::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['192.0.2.1', '192.0.2.1'],
  ])('T101: %s is limited as %s', async (remoteAddress, address) => {
    expect(await addressOf(remoteAddress, 0)).toBe(address);
  });
});
