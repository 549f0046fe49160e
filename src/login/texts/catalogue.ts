// The languages of the end-user's pages, and which of them a person reads: ui_locales, then Accept-Language.
// OpenID Connect Core 1.0 §3.1.2.1, RFC 4647 §3.4 (lookup).
import type { html } from 'hono/html';
import { english } from './english.ts';
import { german } from './german.ts';

/** Escaped HTML. */
export type Markup = ReturnType<typeof html>;

/** Everything the pages say. English has the keys; another language that lacks one does not compile. */
export type Texts = typeof english;

const languages: readonly Texts[] = [english, german];

/** For `ui_locales_supported`. @see OpenID Connect Discovery 1.0 §3 */
export const supportedLocales: readonly string[] = languages.map(({ locale }) => locale);

/** The tag, and each shorter one it falls back to: de-ch-1996, de-ch, de. */
const fallbacksOf = (tag: string): readonly string[] => {
  const subtags = tag.toLowerCase().split('-');
  return subtags.map((_, index) => subtags.slice(0, subtags.length - index).join('-'));
};

const lookUp = (tags: readonly string[]): Texts | undefined => {
  for (const range of tags.flatMap(fallbacksOf)) {
    const found = languages.find(({ locale }) => locale === range);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** The language ranges of an Accept-Language header, the liked ones first. RFC 9110 §12.5.4. */
const acceptedTags = (header: string): readonly string[] =>
  header
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.split(';').map((piece) => piece.trim());
      const weight = parameters.find((parameter) => /^q=/i.test(parameter))?.slice(2);
      return { tag, quality: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ tag, quality }) => tag !== '' && quality > 0)
    .sort((one, other) => other.quality - one.quality)
    .map(({ tag }) => tag);

/** @param uiLocales - BCP 47 tags in order of liking. */
export const textsFor = (uiLocales: readonly string[], acceptLanguage: string | undefined): Texts =>
  lookUp(uiLocales) ?? lookUp(acceptedTags(acceptLanguage ?? '')) ?? english;
