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

/** Whether a tag is of the language or falls back to it (de-ch-1996, de-ch, de), at a cost that does not grow with its subtags. */
const fallsBackTo = (tag: string, { locale }: Texts): boolean => tag === locale || tag.startsWith(`${locale}-`);

const lookUp = (tags: readonly string[]): Texts | undefined => {
  for (const tag of tags) {
    const found = languages.find((language) => fallsBackTo(tag.toLowerCase(), language));
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
