// What the documented proxies are told: room for the longest head of an answer, and who ends a kept connection first.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fencedBlocksOf } from '../docs/fenced_blocks.ts';
import { authorizePath, openPeople } from '../people.ts';

const nginx = fencedBlocksOf(readFileSync('docs/deploying-on-node.md', 'utf8')).find(
  ({ language }) => language === 'nginx',
)?.text;
const ingress = readFileSync('deploy/kubernetes/ingress.yaml', 'utf8');

const kibibytes = (text: string | undefined, pattern: RegExp): number => Number(pattern.exec(text ?? '')?.[1] ?? 0);

/** As it goes over the wire, without the status line. */
const headLength = (headers: Headers): number =>
  [...headers].reduce((length, [name, value]) => length + name.length + value.length + 4, 0);

describe('nginx, which answers 502 to a head longer than its buffer', () => {
  test('has room for a state of 4096 characters each of which is escaped', async () => {
    const people = await openPeople();
    const state = "'".repeat(4096);
    const answer = await people.openBrowser().get(authorizePath({ state, prompt: 'none' }));
    expect(new URL(answer.location).searchParams.get('state')).toBe(state);
    const longest = headLength(answer.headers);
    expect(longest).toBeGreaterThan(3 * 4096);
    expect(kibibytes(nginx, /proxy_buffer_size (\d+)k;/) * 1024).toBeGreaterThan(longest);
    expect(kibibytes(ingress, /proxy-buffer-size: (\d+)k$/m) * 1024).toBeGreaterThan(longest);
  });

  test('takes these buffers: all but one hold twice the first', () => {
    const [, count, size] = /proxy_buffers (\d+) (\d+)k;/.exec(nginx ?? '') ?? [];
    const first = kibibytes(nginx, /proxy_buffer_size (\d+)k;/);
    expect((Number(count) - 1) * Number(size)).toBeGreaterThanOrEqual(2 * first);
  });
});

describe('a proxy that keeps connections lets go of them first', () => {
  test.each([
    ['deploy/kubernetes/keyturn.yaml', 'ingress-nginx', 60],
    ['deploy/compose.yaml', 'Caddy', 120],
  ])('%s: longer than %s, %i s', (path, _, seconds) => {
    const kept = kibibytes(readFileSync(path, 'utf8'), /KEYTURN_KEEP_ALIVE_SECONDS: '(\d+)'/);
    expect(kept).toBeGreaterThan(seconds);
  });
});
