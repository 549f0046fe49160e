import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { drawRotation } from '../../docs/images/draw_rotation.ts';
import { createTestProvider, type TestProvider } from '../test_provider.ts';
import { contentsOf, directivesOf, hashOf, unbalanced } from './markup.ts';

let provider: TestProvider;

beforeAll(async () => {
  provider = await createTestProvider();
});

describe('/timeline.svg', () => {
  test('is a picture that stands alone: its style is allowed by hash, and no script', async () => {
    const response = await provider.app.request('/timeline.svg');
    const picture = await response.text();
    expect(response.headers.get('Content-Type')).toBe('image/svg+xml; charset=utf-8');
    expect(response.headers.get('Cache-Control')).toBe('public, no-cache');
    expect(directivesOf(response)).toEqual({
      'default-src': "'none'",
      'style-src': contentsOf('style', picture).map(hashOf).join(' '),
      'frame-ancestors': "'none'",
      'base-uri': "'none'",
      'form-action': "'none'",
    });
    expect(picture).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(unbalanced(picture)).toEqual([]);
    expect(picture).not.toMatch(/<script|\sstyle=|\son[a-z]+=/);
    for (const { kid } of provider.keyRing.keys) expect(picture).toContain(kid.slice(0, 8));
  });

  test('HEAD answers without the body', async () => {
    const head = await provider.app.request('/timeline.svg', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });
});

test('docs/images/rotation.svg is what docs/images/draw_rotation.ts draws', async () => {
  const committed = readFileSync('docs/images/rotation.svg', 'utf8');
  expect(committed, 'run: node docs/images/draw_rotation.ts').toBe(await drawRotation());
  expect(unbalanced(committed)).toEqual([]);
});
