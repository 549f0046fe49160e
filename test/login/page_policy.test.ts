import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { formPostPolicy } from '../../src/login/pages/form_post.ts';
import { pageSecurityPolicy } from '../../src/login/pages/style.ts';
import { textsFor } from '../../src/login/texts/catalogue.ts';
import { plausible, renderSamples } from './sample_pages.ts';

describe('Content-Security-Policy, CSP Level 3', () => {
  const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const between = (page: string, tag: string): string => page.split(`<${tag}>`)[1]?.split(`</${tag}>`)[0] ?? '';

  test('T062: the policy lets in the style of the page and nothing else, and no frame around it', async () => {
    for (const page of Object.values(await renderSamples(textsFor([], undefined))))
      expect(pageSecurityPolicy()).toBe(
        `default-src 'none'; style-src ${hashOf(between(page, 'style'))}; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
      );
    expect(pageSecurityPolicy(['https://orbit.example'])).toContain("form-action 'self' https://orbit.example;");
  });

  test('T061: the page that posts itself escapes every value, and may run its one line and post to the client alone', async () => {
    const { form_post: page = '' } = await renderSamples(textsFor([], undefined), {
      ...plausible,
      state: '"><script>alert(1)</script>',
    });
    expect(page).toContain('name="state" value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"');
    const policy = formPostPolicy('https://orbit.example/cb?x=1');
    expect(policy).toContain(`script-src ${hashOf(between(page, 'script'))};`);
    expect(policy).toContain(`style-src ${hashOf(between(page, 'style'))};`);
    expect(policy).toContain('form-action https://orbit.example;');
    expect(policy).not.toContain('unsafe');
  });

  test('a redirect URI that CSP cannot name by origin is let in by its scheme', () => {
    expect(formPostPolicy('com.example.app:/cb')).toContain('form-action com.example.app:;');
    expect(formPostPolicy('http://[::1]:8080/cb')).toContain('form-action http:;');
    expect(formPostPolicy('http://127.0.0.1:8080/cb')).toContain('form-action http://127.0.0.1:8080;');
  });
});
