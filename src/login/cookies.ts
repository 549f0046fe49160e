// The two cookies: one that tells browsers apart before anyone signs in, one that is the session. Both __Host-, so that
// no sibling domain can set them. RFC 6265bis §4.1.3.2.
import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { makeOpaque } from '../tokens/opaque.ts';

const browserCookie = '__Host-keyturn_browser';
const sessionCookie = '__Host-keyturn_session';
const browserSeconds = 30 * 86400;

const attributes = { path: '/', secure: true, httpOnly: true, sameSite: 'Lax' } as const;
const opaqueForm = /^[A-Za-z0-9_-]{43}$/;

const read = (context: Context, name: string): string | undefined => {
  const value = getCookie(context, name);
  return value !== undefined && opaqueForm.test(value) ? value : undefined;
};

export const readSessionCookie = (context: Context): string | undefined => read(context, sessionCookie);

export const writeSessionCookie = (context: Context, value: string, maxAgeSeconds: number): void =>
  setCookie(context, sessionCookie, value, { ...attributes, maxAge: maxAgeSeconds });

export const clearSessionCookie = (context: Context): void =>
  setCookie(context, sessionCookie, '', { ...attributes, maxAge: 0 });

export const readBrowserCookie = (context: Context): string | undefined => read(context, browserCookie);

/** @returns the browser's cookie, set now if it has none. */
export const ensureBrowserCookie = (context: Context): string => {
  const known = readBrowserCookie(context);
  if (known !== undefined) return known;
  const made = makeOpaque();
  setCookie(context, browserCookie, made, { ...attributes, maxAge: browserSeconds });
  return made;
};
