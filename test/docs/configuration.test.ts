import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { configurationPage } from '../../docs/configuration.ts';
import { settings } from '../../src/settings.ts';

const page = readFileSync('docs/configuration.md', 'utf8');

describe('docs/configuration.md', () => {
  test('is what src/settings.ts says; run "npm run docs" when it is not', () => {
    expect(page).toBe(configurationPage());
  });

  test.each(Object.keys(settings))('%s has a row', (name) => {
    expect(page).toContain(`| \`${name}\` |`);
  });
});
