import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';

/**
 * The ranks, from the top. A file imports from lower ranks, or from its own folder: never up, never sideways.
 * What is new in src is given a rank here, or the test fails.
 */
const ranks: readonly (readonly string[])[] = [
  ['launch.js'],
  ['cli.ts', 'launch/'],
  ['cli/'],
  ['node.ts', 'worker.ts'],
  ['isolate.ts'],
  ['housekeeping.ts', 'shared_answers.ts'],
  ['app.ts', 'adapters/'],
  ['endpoints/'],
  ['client_registration/'],
  ['login/'],
  ['authorization_request/', 'client_authentication/', 'grants/'],
  ['tokens/'],
  ['provider.ts'],
  ['config.ts'],
  ['settings.ts'],
  ['simulation/'],
  ['keys/', 'status_lists/'],
  ['seams/'],
  ['form_urlencoded.ts'],
  ['errors.ts'],
  ['verifier/'],
];

/** Where a unit may import less than its rank allows. */
const only: Readonly<Record<string, readonly string[]>> = {
  'launch.js': ['cli.ts', 'launch/'],
  'launch/': [],
  'adapters/': ['seams/', 'errors.ts'],
  'seams/': [],
  'keys/': ['seams/', 'errors.ts'],
  'simulation/': ['keys/', 'seams/', 'errors.ts'],
  'status_lists/': ['seams/', 'errors.ts'],
  'settings.ts': [],
  // What services install: nothing of the issuer is in it.
  'verifier/': [],
};

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => /\.(ts|js)$/.test(name))
  .sort();

const textOf = (source: string): string => readFileSync(join('src', source), 'utf8');

const unitOf = (source: string): string => (source.includes('/') ? `${source.split('/', 1)[0]}/` : source);

const rankOf = (unit: string): number => ranks.findIndex((rank) => rank.includes(unit));

const importPattern = /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*['"]([^'"]+)['"]|import\s*\(?\s*['"]([^'"]+)['"]/g;

/** The sources a source imports, types and `import()` included, as paths below src. */
const importsOf = (source: string): readonly string[] =>
  [...textOf(source).matchAll(importPattern)]
    .map((match) => match[1] ?? match[2] ?? '')
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => posix.join(posix.dirname(source), specifier));

const mayImport = (from: string, to: string): boolean => {
  if (from === to) return from.endsWith('/');
  const allowed = only[from];
  return allowed === undefined ? rankOf(from) < rankOf(to) : allowed.includes(to);
};

const edges = sources.flatMap((source) => importsOf(source).map((imported) => ({ source, imported })));

describe('imports point down', () => {
  test('the parser sees the imports it is to judge', () => {
    expect(edges).toContainEqual({ source: 'launch.js', imported: 'cli.ts' });
    expect(edges).toContainEqual({ source: 'tokens/issue.ts', imported: 'provider.ts' });
    expect(edges).toContainEqual({ source: 'keys/rotation.ts', imported: 'keys/plan_rotation.ts' });
    expect(edges.filter(({ imported }) => !sources.includes(imported))).toEqual([]);
  });

  test('every file of src has a rank', () => {
    expect(sources.filter((source) => rankOf(unitOf(source)) === -1)).toEqual([]);
  });

  test('never up, never sideways but inside the same folder', () => {
    const wrong = edges.filter(({ source, imported }) => !mayImport(unitOf(source), unitOf(imported)));
    expect(wrong.map(({ source, imported }) => `${source} imports ${imported}`)).toEqual([]);
  });

  test('the rule refuses what it should', () => {
    expect(mayImport('keys/', 'provider.ts')).toBe(false);
    expect(mayImport('grants/', 'client_authentication/')).toBe(false);
    expect(mayImport('adapters/', 'keys/')).toBe(false);
    expect(mayImport('app.ts', 'adapters/')).toBe(false);
    expect(mayImport('cli/', 'app.ts')).toBe(true);
  });
});

const mostLines = 300;
const linesThatNeedNoOpening = 25;
const drawers = /^(utils?|helpers?|common|index|services?|managers?|misc|shared|lib)\.(ts|js)$/;

/** The first thing a reader meets: a comment, before or right after the imports. */
const opensWithItsPurpose = (text: string): boolean => {
  const body = text
    .replace(/^#!.*\n/, '')
    .replaceAll(/^import\b[^;]*;\n/gm, '')
    .trimStart();
  return /^(#!.*\n)?\/[/*]/.test(text) || body.startsWith('/**');
};

describe('files a reader can find their way in', () => {
  test.each(sources)('%s is short, named for something and opens with what it owns', (source) => {
    const text = textOf(source);
    const lines = text.split('\n').length - 1;
    expect(lines).toBeLessThanOrEqual(mostLines);
    expect(posix.basename(source)).not.toMatch(drawers);
    if (lines > linesThatNeedNoOpening) expect(opensWithItsPurpose(text)).toBe(true);
  });
});
