import { describe, expect, test } from 'vitest';
import { palette } from '../../src/login/pages/palette.ts';
import { supportedLocales, textsFor } from '../../src/login/texts/catalogue.ts';

const localeFor = (uiLocales: readonly string[], acceptLanguage?: string) => textsFor(uiLocales, acceptLanguage).locale;

describe('the language of a page, OpenID Connect Core 1.0 §3.1.2.1', () => {
  test('ui_locales comes first, in its order', () => {
    expect(localeFor(['de', 'en'], 'en')).toBe('de');
    expect(localeFor(['fr-CA', 'de', 'en'], 'en')).toBe('de');
  });

  test('a tag falls back to its prefixes, whatever their case; a longer word is no prefix', () => {
    expect(localeFor(['DE-ch-1996'])).toBe('de');
    expect(localeFor(['den', 'en'])).toBe('en');
  });

  test('Accept-Language decides when ui_locales names nothing that is served, by its weights', () => {
    expect(localeFor(['tlh'], 'de-AT')).toBe('de');
    expect(localeFor([], 'en;q=0.3, fr, de;q=0.8')).toBe('de');
    expect(localeFor([], 'de;q=0, en;q=0.1')).toBe('en');
  });

  test('anything else is English', () => {
    for (const header of [undefined, '', '*', 'fr', ';;q=,,', 'de;q=x', '-'.repeat(5000)])
      expect(localeFor([], header)).toBe('en');
    expect(supportedLocales).toEqual(['en', 'de']);
  });

  test('T134: a tag of as many subtags as a header holds is read in one go: a hundred of them stop nobody', () => {
    const longest = `${'a-'.repeat(8000)}a`;
    for (let time = 0; time < 100; time += 1) expect(localeFor([longest], longest)).toBe('en');
  });
});

interface Tree {
  readonly [key: string]: unknown;
}
const leavesOf = (tree: object, path = ''): readonly (readonly [string, unknown])[] =>
  Object.entries(tree as Tree).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null
      ? leavesOf(value, `${path}${key}.`)
      : [[`${path}${key}`, value] as const],
  );

describe('the catalogue', () => {
  test('every language says everything, and nothing is empty or left in English', () => {
    const english = new Map(leavesOf(textsFor(['en'], undefined)));
    const german = new Map(leavesOf(textsFor(['de'], undefined)));
    expect([...german.keys()].sort()).toEqual([...english.keys()].sort());
    for (const words of [...english.values(), ...german.values()])
      if (typeof words === 'string') expect(words.trim()).not.toBe('');
    const same = [...english].filter(([key, words]) => typeof words === 'string' && german.get(key) === words);
    expect(same.map(([key]) => key)).toEqual(['name']);
  });
});

const coloursOf = (css: string): ReadonlyMap<string, string> =>
  new Map([...css.matchAll(/--([a-z-]+): (#[0-9a-f]{6})/g)].map(([, name = '', colour = '']) => [name, colour]));

/** WCAG 2.2, relative luminance. */
const luminanceOf = (colour: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

const contrastOf = (one: string, other: string): number => {
  const [light = 0, dark = 0] = [luminanceOf(one), luminanceOf(other)].sort((left, right) => right - left);
  return (light + 0.05) / (dark + 0.05);
};

describe('contrast, WCAG 2.2 AA', () => {
  const [light = '', dark = ''] = palette.split('@media');
  const texts = [
    ...['ink', 'muted', 'accent-ink', 'danger-ink'].flatMap((name) => [
      [name, 'card'] as const,
      [name, 'ground'] as const,
    ]),
    ...([
      ['ink', 'accent-soft'],
      ['ink', 'danger-soft'],
      ['danger-ink', 'danger-soft'],
    ] as const),
    ...([
      ['accent-ink', 'accent-soft'],
      ['on-accent', 'accent-ink'],
      ['on-accent', 'accent-hover'],
    ] as const),
  ];
  const edges = ['field', 'accent', 'danger-ink'].map((name) => [name, 'card'] as const);

  test.each([
    ['light', light],
    ['dark', dark],
  ])('%s: text is 4.5 to 1 on all it stands on, edges of fields and focus 3 to 1', (_, css) => {
    const colours = coloursOf(css);
    const contrast = ([one, other]: readonly [string, string]) =>
      contrastOf(colours.get(one) ?? '', colours.get(other) ?? '');
    for (const pair of texts) expect.soft(contrast(pair), pair.join(' on ')).toBeGreaterThanOrEqual(4.5);
    for (const pair of edges) expect.soft(contrast(pair), pair.join(' on ')).toBeGreaterThanOrEqual(3);
  });
});
