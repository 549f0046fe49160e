// Compares what a page says a command prints with what it printed: what differs from run to run is made alike first.

/** Identifiers, instants, counts and drawings that are new each time, with what stands in their place. */
const changing: readonly (readonly [RegExp, string])[] = [
  [/(?<![\w-])[\w-]{43}(?![\w-])/g, '<43 characters>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uuid>'],
  [/^ {2}[\w-]{8} (?=(standby|active|retiring|revoked) )/gm, '  <kid> '],
  [/[░█▄]+/g, '<bar>'],
  [/▼ now|now ▼/g, '<now>'],
  [/\b\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?)?/g, '<instant>'],
  [/\b\d+ (d|h|min|s)( \d+ (h|min|s))?\b/g, '<duration>'],
  [/\b\d+\b/g, '<number>'],
  [/ {2,}/g, '  '],
];

const normal = (text: string): string =>
  changing.reduce((changed, [pattern, replacement]) => changed.replaceAll(pattern, replacement), text);

const escapePattern = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');

const linePattern = (line: string): string => {
  if (line.trim() === '…') return '(?:.*\\n)*?';
  return `${line.trimEnd().split('…').map(escapePattern).join('.*')}\\s*?\\n`;
};

/** @param expected - as in the page; `…` stands for anything within a line, and alone on a line for any lines. */
export const outputPattern = (expected: string): RegExp =>
  new RegExp(`^\\n*${normal(expected).trimEnd().split('\n').map(linePattern).join('')}\\n*$`);

/** What was printed, in the form that outputPattern matches. */
export const normalOutput = (printed: string): string =>
  `${normal(printed)
    .replaceAll(/[ \t]+$/gm, '')
    .trimEnd()}\n`;
