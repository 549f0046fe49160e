// Asks addresses that others named: HTTPS to public ones alone, checked on the address that is connected to, so that a
// name which resolves differently a moment later gains nothing. No redirects, one bounded answer. OWASP SSRF Prevention.
import { lookup as resolve } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { type OutboundHttp, OutboundRefusedError } from '../seams/outbound_http.ts';
import { isAllowedAddress, isLoopbackHost } from './public_address.ts';

const timeoutMilliseconds = 5000;
const mostAtOnce = 40;
/** Of answers that only tell of one to come. Node reads them for as long as they come, and nothing else meanwhile. */
const mostInformational = 8;

const guardedLookup =
  (loopbackToo: boolean): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '', 0);
      const refused = addresses.find(({ address }) => !isAllowedAddress(address, loopbackToo));
      const [first] = addresses;
      if (refused !== undefined || first === undefined)
        return callback(new OutboundRefusedError(`${hostname} resolves to an address that is not public.`), '', 0);
      if (options.all) return callback(null, addresses);
      callback(null, first.address, first.family);
    });
  };

const assertAllowedUrl = (url: URL, loopbackToo: boolean): void => {
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopbackToo && isLoopbackHost(literal)))
    throw new OutboundRefusedError(`${url.origin} is not HTTPS.`);
  if (ipaddr.isValid(literal) && !isAllowedAddress(literal, loopbackToo))
    throw new OutboundRefusedError(`${url.origin} is not a public address.`);
};

/** Read when first needed: with it Node reads a client of its own, a tenth of what starting a command takes. */
const requestOf = async ({ protocol }: URL): Promise<typeof import('node:http').request> =>
  (await import(protocol === 'https:' ? 'node:https' : 'node:http')).request;

/** @param loopbackToo - for an issuer that is on loopback itself. */
export const createNodeOutboundHttp = (loopbackToo: boolean): OutboundHttp => ({
  mostAtOnce,
  postForm: async (target, form) => {
    const url = new URL(target);
    assertAllowedUrl(url, loopbackToo);
    const body = new URLSearchParams(form).toString();
    const request = await requestOf(url);
    return new Promise((settle, fail) => {
      const sent = request(url, {
        method: 'POST',
        agent: false,
        lookup: guardedLookup(loopbackToo),
        signal: AbortSignal.timeout(timeoutMilliseconds),
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded',
          'Content-Length': Buffer.byteLength(body),
          Connection: 'close',
        },
      });
      sent.once('error', fail);
      // Node closes what answers 101 and tells of no error; whoever waits would wait for ever.
      sent.once('close', () => fail(new Error(`${url.origin} closed the connection without an answer.`)));
      let informational = 0;
      // 100 is one too, though Node has an event for it besides.
      sent.on('information', () => {
        informational += 1;
        if (informational <= mostInformational) return;
        fail(new Error(`${url.origin} answered with 1xx again and again.`));
        sent.destroy();
      });
      sent.once('response', (response) => {
        settle(response.statusCode ?? 0);
        response.destroy();
      });
      sent.end(body);
    });
  },
});
