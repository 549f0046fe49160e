// Cookies, all __Host-, so that no sibling domain can set them. RFC 6265bis §4.1.3.2. Two are ours: one tells browsers
// apart before anyone signs in, one is the session.
// WebKit, and so Safari, keeps no Secure cookie of an http address, on loopback neither (WebKit bug 281149). So there, and
// nowhere else, a WebKit that sends no __Host- cookie has the same under its plain name, not Secure. It is not weaker
// there: other ports of the host are sent, and may set, the one as the other. RFC 6265bis §8.5.
import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import type { Provider } from '../provider.ts';
import { isLoopback } from '../settings.ts';
import { makeOpaque } from '../tokens/opaque.ts';

const browserCookie = 'keyturn_browser';
const sessionCookie = 'keyturn_session';
const browserSeconds = 30 * 86400;

const attributes = { path: '/', httpOnly: true, sameSite: 'Lax' } as const;
const opaqueForm = /^[A-Za-z0-9_-]{43}$/;

const hostName = (name: string): string => `__Host-${name}`;

/** By the issuer, and by the address that the browser came to: on another one a password would cross a network. */
const isPlainLoopback = (context: Context, { config }: Provider): boolean =>
  config.issuer.startsWith('http:') && isLoopback(context.req.url);

const sendsHostCookie = (context: Context): boolean =>
  Object.keys(getCookie(context)).some((name) => name.startsWith(hostName('keyturn_')));

/** Those that descend from it name it as well, and themselves. */
const isWebKit = ({ req }: Context): boolean => {
  const userAgent = req.header('User-Agent') ?? '';
  return userAgent.includes('AppleWebKit/') && !/Chrom(?:e|ium)\//.test(userAgent);
};

const mayBePlain = (context: Context, provider: Provider): boolean =>
  isPlainLoopback(context, provider) && isWebKit(context) && !sendsHostCookie(context);

const setHost = (context: Context, name: string, value: string, maxAge?: number): void =>
  setCookie(context, hostName(name), value, { ...attributes, secure: true, ...(maxAge !== undefined && { maxAge }) });

const setPlain = (context: Context, name: string, value: string, maxAge?: number): void =>
  setCookie(context, name, value, { ...attributes, ...(maxAge !== undefined && { maxAge }) });

/** @param name - begins with `keyturn_`, as all of them do; without `__Host-`. */
export const readCookie = (context: Context, name: string, provider: Provider): string | undefined =>
  getCookie(context, mayBePlain(context, provider) ? name : hostName(name));

/** Both, until the browser's cookie comes back under the name that the browser keeps. */
export const writeCookie = (
  context: Context,
  name: string,
  value: string,
  provider: Provider,
  maxAgeSeconds?: number,
): void => {
  const plain = mayBePlain(context, provider);
  if (!plain || getCookie(context, browserCookie) === undefined) setHost(context, name, value, maxAgeSeconds);
  if (plain) setPlain(context, name, value, maxAgeSeconds);
};

const clearPlain = (context: Context, name: string, provider: Provider): void => {
  if (isPlainLoopback(context, provider) && getCookie(context, name) !== undefined) setPlain(context, name, '', 0);
};

export const clearCookie = (context: Context, name: string, provider: Provider): void => {
  setHost(context, name, '', 0);
  clearPlain(context, name, provider);
};

const readOpaque = (context: Context, name: string, provider: Provider): string | undefined => {
  const value = readCookie(context, name, provider);
  return value !== undefined && opaqueForm.test(value) ? value : undefined;
};

export const readSessionCookie = (context: Context, provider: Provider): string | undefined =>
  readOpaque(context, sessionCookie, provider);

export const writeSessionCookie = (context: Context, value: string, provider: Provider): void =>
  writeCookie(context, sessionCookie, value, provider, provider.config.sessionSeconds);

export const clearSessionCookie = (context: Context, provider: Provider): void =>
  clearCookie(context, sessionCookie, provider);

export const readBrowserCookie = (context: Context, provider: Provider): string | undefined =>
  readOpaque(context, browserCookie, provider);

/** @returns the browser's cookie, set now if it has none. */
export const ensureBrowserCookie = (context: Context, provider: Provider): string => {
  if (!mayBePlain(context, provider)) clearPlain(context, browserCookie, provider);
  const known = readBrowserCookie(context, provider);
  if (known !== undefined) return known;
  const made = makeOpaque();
  writeCookie(context, browserCookie, made, provider, browserSeconds);
  return made;
};
