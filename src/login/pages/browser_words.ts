// A User-Agent header in words a person knows. Only words of these tables come out: the header itself is never shown.
import type { Texts } from '../texts/catalogue.ts';
import type { Icon } from './icons.ts';

/** The first that is named in the header counts: most browsers also name those they descend from. */
const browsers = [
  ['Edge', /\bEdg(?:e|A|iOS)?\//],
  ['Opera', /\bOPR\//],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Vivaldi', /\bVivaldi\//],
  ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chrome', /\b(?:Chrome|Chromium|CriOS|HeadlessChrome)\//],
  ['Safari', /\bVersion\/.*\bSafari\//],
] as const;

const systems = [
  ['iPhone', /\biPhone\b/, 'phone'],
  ['iPad', /\biPad\b/, 'phone'],
  ['Android', /\bAndroid\b/, 'phone'],
  ['ChromeOS', /\bCrOS\b/, 'screen'],
  ['Windows', /\bWindows\b/, 'screen'],
  ['macOS', /\bMac OS X\b/, 'screen'],
  ['Linux', /\bLinux\b/, 'screen'],
] as const;

/** Further in, a header is noise. */
const mostCharacters = 512;

export interface Browser {
  readonly words: string;
  readonly icon: Icon;
}

export const browserOf = (userAgent: string | null, texts: Texts): Browser => {
  const header = userAgent?.slice(0, mostCharacters) ?? '';
  const [browser = texts.account.unknownBrowser] = browsers.find(([, pattern]) => pattern.test(header)) ?? [];
  const [system, , icon = 'screen'] = systems.find(([, pattern]) => pattern.test(header)) ?? [];
  return { words: system === undefined ? browser : texts.account.browserOn(browser, system), icon };
};
