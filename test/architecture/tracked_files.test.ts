import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const lines = (text: string): readonly string[] => text.split('\n').filter(Boolean);

/** What is tracked, and what would be if it were added. */
const files = lines(
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' }),
);

const binary = /\.(png|sqlite)$/;

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Deleted, and still in the index.
    return '';
  }
};

/** The host npm is set to use here: a machine's mirror has no place in the repository either. */
const registryHere = (): string => {
  const registry = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
  return new URL(registry).host;
};

// Put together from parts, so that this file does not hold what it forbids.
const registryHosts = [
  ['registry', 'npmjs', 'org'],
  ['registry', 'yarnpkg', 'com'],
  ['npm', 'pkg', 'github', 'com'],
];
const developerPaths = ['work', 'root', 'home/[a-z]+', 'Users/[A-Za-z]+'].map(
  (path) => new RegExp(`(?<![\\w.~*])/${path}/`),
);
const siblingFolder = new RegExp(`\\.\\./${'shared'}\\b`);
const privateMember = /"(d|p|q|dp|dq|qi|k)"\s*:\s*"(?!A+")[\w-]{22,}"/;
const privatePem = new RegExp(`-----BEGIN [A-Z ]*${'PRIVATE'} KEY-----`);

const holding = (pattern: RegExp, except: readonly string[] = []): readonly string[] =>
  files.filter((file) => !binary.test(file) && !except.includes(file) && pattern.test(textOf(file)));

const literally = (text: string): RegExp => new RegExp(text.replaceAll('.', '\\.'), 'i');

describe('nothing tracked gives away', () => {
  test('a private key, in a JWK or in PEM', () => {
    expect(holding(privateMember)).toEqual([]);
    expect(holding(privatePem)).toEqual([]);
  });

  test('a registry: the lockfile is good anywhere', () => {
    const hosts = [...registryHosts.map((parts) => parts.join('.')), registryHere()];
    expect(hosts.flatMap((host) => holding(literally(host)))).toEqual([]);
  });

  test.each(developerPaths)("a developer's path: %s", (path) => {
    expect(holding(path)).toEqual([]);
  });

  test('a folder outside the repository', () => {
    expect(holding(siblingFolder, ['.ci/run'])).toEqual([]);
  });

  test('a ring, a database or a folder of packages', () => {
    expect(files.filter((file) => /(^node_modules\/|\.sqlite$|^keys\/(?!README\.md$))/.test(file))).toEqual([]);
  });

  test('and the patterns find what they look for', () => {
    expect(privateMember.test(`{"d": "${'b1'.repeat(22)}"}`)).toBe(true);
    expect(developerPaths.some((path) => path.test(`see /${'work'}/main/x`))).toBe(true);
    expect(developerPaths.some((path) => path.test('https://example.com/home/'))).toBe(false);
    expect(literally('a.b').test('https://a.b/x')).toBe(true);
  });
});
