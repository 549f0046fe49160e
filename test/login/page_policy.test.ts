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
    expect(pageSecurityPolicy(true)).toBe(pageSecurityPolicy().replace(" form-action 'self';", ''));
  });

  test('T061: the page that posts itself escapes every value, and may run its one line', async () => {
    const { form_post: page = '' } = await renderSamples(textsFor([], undefined), {
      ...plausible,
      state: '"><script>alert(1)</script>',
    });
    expect(page).toContain('name="state" value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"');
    expect(formPostPolicy).toContain(`script-src ${hashOf(between(page, 'script'))};`);
    expect(formPostPolicy).toContain(`style-src ${hashOf(between(page, 'style'))};`);
    expect(formPostPolicy).not.toContain('unsafe');
  });
});
