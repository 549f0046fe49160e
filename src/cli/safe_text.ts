// Text of others on a terminal: control characters and those that turn the direction of writing are shown, not obeyed.

const unsafe = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

export const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** One line. */
export const safeText = (text: string): string => text.replaceAll(unsafe, escaped);

/** Its line breaks stay. */
export const safeLines = (text: string): string => text.split('\n').map(safeText).join('\n');

/** One word of a command to paste. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${safeText(text).replaceAll("'", "'\\''")}'`;

/** Indented JSON, which says the same to who parses it. */
export const safeJson = (value: unknown): string => safeLines(JSON.stringify(value, null, 2));
