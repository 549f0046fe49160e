import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { settings } from '../../src/settings.ts';
import { fencedBlocksOf } from './fenced_blocks.ts';

const pages = [
  ...readdirSync('.').filter((name) => name.endsWith('.md')),
  'keys/README.md',
  ...readdirSync('examples', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `examples/${name}`),
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

const link = /\]\(([^)\s]+)\)/g;
const settingName = /\bKEYTURN_[A-Z_]+/g;
const assignment = /^(?:export )?(KEYTURN_[A-Z_]+)=(\S+)$/gm;

describe.each(pages)('%s', (page) => {
  const text = readFileSync(page, 'utf8');

  test('links only to what is there', () => {
    const targets = [...text.matchAll(link)].map((match) => (match[1] ?? '').replace(/#.*/, ''));
    const relative = targets.filter((target) => target !== '' && !/^[a-z]+:/.test(target));
    expect(relative.filter((target) => !existsSync(join(dirname(page), target)))).toEqual([]);
  });

  test('names only settings that there are', () => {
    const named = [...new Set(text.match(settingName))];
    expect(named.filter((name) => !(name in settings) && !name.endsWith('_'))).toEqual([]);
  });

  test('shows only configurations that are accepted', () => {
    for (const block of fencedBlocksOf(text)) {
      const environment = Object.fromEntries(
        [...block.text.matchAll(assignment)].map(([, name, value]) => [name, value]),
      );
      expect(() => readConfig(environment), `line ${block.line}`).not.toThrow();
    }
  });
});

test('every page of docs is linked from the README', () => {
  const readme = readFileSync('README.md', 'utf8');
  expect(pages.filter((page) => page.startsWith('docs/') && !readme.includes(`(${page})`))).toEqual([]);
});
