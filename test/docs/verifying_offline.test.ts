// The tables of docs/verifying-offline.md against the sources: no code or option is missing, and none is made up.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const page = readFileSync('docs/verifying-offline.md', 'utf8');

/** The names in the first column of the table whose heading begins so. */
const rowsUnder = (heading: string): readonly string[] => {
  const table = page.slice(page.indexOf(`| ${heading}`)).split('\n\n', 1)[0] ?? '';
  return table
    .split('\n')
    .slice(2)
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)/g)])
    .map(([, name = '']) => name)
    .sort();
};

/** The members of an interface, as they are written. */
const membersOf = (source: string, name: string): readonly string[] => {
  const text = readFileSync(source, 'utf8');
  const body = text.slice(text.indexOf(`export interface ${name} `)).split('\n}\n', 1)[0] ?? '';
  return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, member = '']) => member).sort();
};

describe('docs/verifying-offline.md has every', () => {
  test('error code', () => {
    const union = readFileSync('src/verifier/token_error.ts', 'utf8').split('\n/** The verifier', 1)[0] ?? '';
    const codes = [...union.matchAll(/\| '(\w+)'/g)].map(([, code = '']) => code).sort();
    expect(codes).toContain('token_expired');
    expect(rowsUnder('`code` | Why')).toEqual(codes);
  });

  test.each([
    ['Option | Default', 'src/verifier/verifier_options.ts', 'VerifierOptions'],
    ['Option of `keysFromUrl`', 'src/verifier/keys_from_url.ts', 'KeysFromUrlOptions'],
    ['Option of `requireToken', 'src/verifier/access.ts', 'RequireTokenOptions'],
  ])('option of the table %s', (heading, source, name) => {
    const members = membersOf(source, name);
    expect(members.length).toBeGreaterThan(2);
    expect(rowsUnder(heading)).toEqual(members);
  });

  test('source of keys', () => {
    const exported = readFileSync('src/verifier/exports.ts', 'utf8');
    const sources = [...exported.matchAll(/\b(keysFrom[A-Z][a-z]+)\b(?!Options)/g)].map(([, name = '']) => name);
    expect(rowsUnder('Keys from')).toEqual([...new Set(sources)].sort());
  });
});
