// Names that others chose, made fit to be read: escaping keeps them from being markup, this keeps them from being
// anything else than a short line of visible text. RFC 7591 §5 (client_name), Unicode TR 36 §2.10.
import { html } from 'hono/html';
import type { Markup } from '../texts/catalogue.ts';

const mostCharacters = 80;

/** Where a joiner is part of the spelling: in these scripts, and between the parts of an emoji. UAX #31 §2.3. */
const joiningScripts = 'Arab Syrc Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Mymr Khmr'.split(' ');
const joining = `[${joiningScripts.map((script) => `\\p{sc=${script}}`).join('')}\\p{Extended_Pictographic}\\p{Emoji_Modifier}]`;
const joiner = `(?<=${joining}\ufe0f?)[\u200c\u200d]${joining}`;
/** Where a selector is: after what is written in more than one way. */
const selector = String.raw`(?<=[\p{sc=Han}\p{sc=Mong}\p{sc=Mymr}\p{sc=Phag}\p{Emoji}])\p{Variation_Selector}`;

/** Controls, bidirectional overrides, fillers and all else of no width, unassigned characters, lone surrogates. */
const invisible = new RegExp(
  String.raw`(?!${joiner}|${selector})[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]`,
  'gu',
);

/** The blank of Braille among them, which only looks like one. */
const blanks = /[\s\u2800]+/gu;

/** More marks on one letter than any script has, joined or not: they would be drawn over the lines around it. */
const piledUp = /((?:\p{M}[\u200c\u200d]?){4})\p{M}[\p{M}\u200c\u200d]*/gu;

/** One line of all that is visible: for what is decided on, where a cut would hide the end that matters. */
export const visibleText = (text: string): string =>
  text.replace(blanks, ' ').replace(invisible, '').replace(piledUp, '$1').trim();

/** One line of at most 80 visible characters; empty when nothing visible is in it. */
export const plainLine = (text: string): string => {
  const characters = [...visibleText(text)];
  if (characters.length <= mostCharacters) return characters.join('');
  return `${characters.slice(0, mostCharacters - 1).join('')}…`;
};

/** In `<bdi>`, so that its direction does not turn the words around it, and never put into another language by a browser. */
export const asItIs = (line: string): Markup => html`<bdi translate="no">${line}</bdi>`;

export const namedLine = (text: string): Markup => asItIs(plainLine(text));

/** What stands for a name in a small square: its first letter or digit. */
export const letterOf = (name: string): string => /[\p{L}\p{N}]\p{M}?/u.exec(plainLine(name))?.[0] ?? '?';
