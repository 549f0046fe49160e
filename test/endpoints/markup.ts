// What tests ask of markup: its inline parts, its policy, whether its tags are balanced.
import { createHash } from 'node:crypto';

/** As a CSP source. */
export const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** What is in every element of a name that has no attributes. */
export const contentsOf = (element: string, text: string): readonly string[] =>
  [...text.matchAll(new RegExp(`<${element}>(.*?)</${element}>`, 'gs'))].map((match) => match[1] ?? '');

/** The Content-Security-Policy by directive. */
export const directivesOf = ({ headers }: Response): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (headers.get('Content-Security-Policy') ?? '').split('; ').map((directive) => {
      const [name = '', ...sources] = directive.split(' ');
      return [name, sources.join(' ')];
    }),
  );

/** Opens and closes every tag; void elements of HTML aside. @returns what is left open or closed wrongly. */
export const unbalanced = (markup: string): readonly string[] => {
  const open: string[] = [];
  const text = markup.replaceAll(/<(style|script)>.*?<\/\1>/gs, '');
  for (const [, slash, name = '', selfClosed] of text.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*?(\/?)>/gi)) {
    if (selfClosed === '/' || ['meta', 'link', 'wbr'].includes(name)) continue;
    if (slash !== '/') open.push(name);
    else if (open.pop() !== name) return [`</${name}>`];
  }
  return open;
};
