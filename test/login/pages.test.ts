import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { browserOf } from '../../src/login/pages/browser_words.ts';
import { shownHostOf } from '../../src/login/pages/client_words.ts';
import { consentPage } from '../../src/login/pages/consent.ts';
import { textsFor } from '../../src/login/texts/catalogue.ts';
import { assertBalanced, formsOf, named, skeletonOf, type Tag, tagsOf } from './page_structure.ts';
import { plausible, renderSamples, type Stranger } from './sample_pages.ts';

const english = textsFor(['en'], undefined);
const german = textsFor(['de'], undefined);

const pages = await renderSamples(english);
const inBoth = [...Object.entries(pages), ...Object.entries(await renderSamples(german))];
const pageOf = (name: string): string => pages[name] ?? expect.fail(`There is no sample page ${name}.`);
const attribute = (tag: Tag | undefined, name: string): string => tag?.attributes.get(name) ?? '';
const decoded = (text: string): string =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

const hostile = '"><script>alert(1)</script>';
const everywhere = (text: string): Stranger => ({
  ...{ clientName: text, login: text, userName: text, userAgent: text, scope: text, state: text },
});

describe('every page, in every language', () => {
  test.each(inBoth)('%s is one well-formed document with a language, a title, one h1 and one main', (_, page) => {
    const tags = tagsOf(page);
    assertBalanced(tags);
    expect(['en', 'de']).toContain(attribute(named(tags, 'html')[0], 'lang'));
    expect(named(tags, 'title')[0]?.text).toMatch(/\S · Keyturn$/);
    for (const landmark of ['h1', 'main', 'header']) expect(named(tags, landmark)).toHaveLength(1);
    const metas = named(tags, 'meta').map((tag) => [attribute(tag, 'name'), attribute(tag, 'content')]);
    expect(metas).toContainEqual(['viewport', 'width=device-width, initial-scale=1']);
    expect(metas).toContainEqual(['robots', 'noindex']);
  });

  test.each(inBoth)('%s labels every field, says what it may be filled with, and refers to what exists', (_, page) => {
    const tags = tagsOf(page);
    const ids = tags.map((tag) => attribute(tag, 'id')).filter((id) => id !== '');
    expect(new Set(ids).size).toBe(ids.length);
    const labelled = named(tags, 'label').map((tag) => attribute(tag, 'for'));
    for (const input of named(tags, 'input')) {
      if (attribute(input, 'type') === 'hidden' || input.attributes.has('hidden')) continue;
      expect(labelled).toContain(attribute(input, 'id'));
      expect(attribute(input, 'autocomplete')).toMatch(/^(username|current-password|new-password|email|name)$/);
    }
    for (const name of ['aria-describedby', 'aria-labelledby', 'for'])
      for (const id of tags.flatMap((tag) => attribute(tag, name).split(' ').filter(Boolean)))
        expect(ids).toContain(id);
  });

  test.each(inBoth)('T063: %s loads nothing from anywhere, and has no handlers and no inline styles', (name, page) => {
    const tags = tagsOf(page);
    for (const { attributes } of tags)
      for (const key of attributes.keys()) expect(key).not.toMatch(/^(on.*|style|src|srcset|srcdoc|ping|background)$/);
    for (const loading of ['img', 'iframe', 'base', 'object', 'embed']) expect(named(tags, loading)).toEqual([]);
    const [icon, ...others] = named(tags, 'link');
    expect([attribute(icon, 'rel'), attribute(icon, 'href').split(',')[0]]).toEqual(['icon', 'data:image/svg+xml']);
    expect(others).toEqual([]);
    // The one way out is to the application whose sign-in is over.
    const ours = name.includes('error_interaction_expired') ? /^https:\/\/orbit\.example$/ : /^\/[a-z]/;
    for (const link of named(tags, 'a')) expect(attribute(link, 'href')).toMatch(ours);
    expect(page).not.toMatch(/@import|url\(/);
    expect(named(tags, 'script')).toHaveLength(name === 'form_post' ? 1 : 0);
  });

  test.each(inBoth)('%s has pictures that stay small where its style is not shown', (_, page) => {
    const pictures = named(tagsOf(page), 'svg');
    expect(pictures.length).toBeGreaterThan(1);
    for (const picture of pictures)
      for (const side of ['width', 'height']) expect(attribute(picture, side)).toMatch(/^(0|20|28)$/);
  });

  test.each(inBoth)(
    '%s parts its words where its style does not: none ends a tag that the next begins with',
    (_, page) => {
      const words = page.replace(/<style>.*?<\/style>/s, '');
      expect(
        words.match(/[\p{L}\p{N}.]<\/(?:b|strong|span|small|code)><(?:b|strong|span|small|code)\b[^>]*>/gu),
      ).toBeNull();
    },
  );

  test.each(inBoth)(
    '%s says that hidden fields are not displayed: WebKit tabs to them where any input is',
    (_, page) => {
      expect(/<style>(.*?)<\/style>/s.exec(page)?.[1]).toContain(
        '[hidden], [type="hidden"] { display: none !important; }',
      );
    },
  );

  const forms = Object.entries(pages).flatMap(([name, page]) => formsOf(tagsOf(page)).map((form) => ({ name, form })));
  const valuesOf = ([, ...inside]: readonly Tag[]) =>
    Object.fromEntries(inside.map((tag) => [attribute(tag, 'name'), attribute(tag, 'value')]));

  test('T091: every form is a POST; each of ours has the CSRF token', () => {
    expect(forms.map(({ form }) => attribute(form[0], 'method')).filter((method) => method !== 'post')).toEqual([]);
    const ours = forms.filter(({ name }) => name !== 'form_post');
    expect(ours.length).toBeGreaterThan(20);
    for (const { form } of ours) expect(valuesOf(form)).toMatchObject({ csrf: 'c1' });
  });

  test('a form that is part of an authorization request carries its interaction, and no other does', () => {
    const withinRequest = forms.filter(({ name }) => /^(sign_in_wrong|select|sign_up|consent)/.test(name));
    expect(withinRequest).toHaveLength(10);
    for (const { form } of withinRequest) expect(valuesOf(form)).toMatchObject({ interaction: 'i1' });
    for (const { form } of forms.filter(({ name }) => name === 'sign_in_alone'))
      expect(valuesOf(form)).not.toHaveProperty('interaction');
  });
});

describe('what strangers wrote', () => {
  const skeletons = Object.fromEntries(Object.entries(pages).map(([name, page]) => [name, skeletonOf(page)]));
  const skeletonsWith = async (text: string) =>
    Object.fromEntries(
      Object.entries(await renderSamples(english, everywhere(text))).map(([name, page]) => [name, skeletonOf(page)]),
    );

  test(`T119: ${hostile} as any name, login, browser, scope or state stays text`, async () => {
    const rendered = await renderSamples(english, everywhere(hostile));
    for (const [name, page] of Object.entries(rendered)) {
      expect(page).not.toContain('<script>alert');
      expect(skeletonOf(page)).toBe(skeletons[name]);
    }
    expect(decoded(rendered.consent ?? '')).toContain(hostile);
    expect(decoded(rendered.sign_in_wrong ?? '')).toContain(`value="${hostile}"`);
    expect(rendered.account).not.toContain('alert(1)</h3>');
  });

  test('no text of markup characters changes the structure of a page', async () => {
    const text = fc.string({ unit: fc.constantFrom(...'<>"\'&=/`;!- \n\tax'), minLength: 1 });
    const visible = text.filter((value) => value.trim() !== '');
    const property = fc.asyncProperty(visible, async (value) => {
      expect(await skeletonsWith(value)).toEqual(skeletons);
    });
    await fc.assert(property, { numRuns: 60 });
  });

  test('T119: a client is shown by one plain line of its name, and with its host', async () => {
    const disguised = `\u202eelgooG\u202c\u200b\nMail\u0000${'x'.repeat(200)}`;
    const rendered = await renderSamples(english, { ...plausible, clientName: disguised });
    for (const name of ['sign_in', 'consent', 'logout_confirmation', 'account', 'form_post']) {
      expect(rendered[name]).toContain(`<bdi translate="no">elgooG Mail${'x'.repeat(68)}…</bdi>`);
      expect(rendered[name]).toContain('<bdi translate="no">orbit.example</bdi>');
      expect(rendered[name]).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b\0]/);
    }
  });

  test.each(['ශ්‍රී ලංකා', 'می‌خواهم', '👩🏽‍🚀', '👩‍👩‍👧‍👦', '🏳️‍🌈', '葛\u{e0100}城', 'র‍্যাব', 'Nguyễn', 'בְּרֵאשִׁית'])(
    'a name is shown as it is spelt: %s',
    async (userName) => {
      const { consent } = await renderSamples(english, { ...plausible, userName });
      expect(consent).toContain(`<bdi translate="no">${userName}</bdi>`);
    },
  );

  test.each([
    ['joiners that join nothing', 'pay\u200cp\u200dal \u200d\u0d15\u200c', 'paypal \u0d15'],
    ['selectors of nothing, and joiners between them', 'pa\ufe0fy\ufe0f\u200d\ufe0fp\u{e0100}al', 'paypal'],
    ['fillers', 'pay\u034fp\u3164al\u115f\u1160\uffa0\u17b4\u180b', 'paypal'],
    ['blanks in a row', '\u2800pay \u2800 pal', 'pay pal'],
    ['marks piled up over other lines', `o${'\u0336'.repeat(40)}k`, `o${'\u0336'.repeat(4)}k`],
    [
      'marks piled up by joiners',
      `\u0628${'\u06d6\u06d6\u200d'.repeat(20)}k`,
      '\u0628\u06d6\u06d6\u200d\u06d6\u06d6\u200dk',
    ],
  ])('T119: %s are not shown', async (_, userName, shown) => {
    const { consent } = await renderSamples(english, { ...plausible, userName });
    expect(consent).toContain(`<bdi translate="no">${shown}</bdi>`);
  });

  test('T119: a host, a resource and a scope value are shown to their very end', async () => {
    const host = `accounts.big.example.${'a.'.repeat(60)}attacker.example`;
    const page = await consentPage({
      ...{ texts: english, client: { name: 'Big', host, clientId: 'k1' }, userName: 'Ada' },
      access: { scope: ['openid', `${'s'.repeat(200)}:all`], claims: [], resources: [`https://${host}/`] },
      ...{ boundTo: 'mac', otherAccountHref: '/login', csrf: 'c1', interaction: 'i1', action: '/consent' },
    });
    for (const shown of [`<bdi translate="no">${host}</bdi>`, `${'s'.repeat(200)}:all</code>`, `https://${host}/`])
      expect(String(page)).toContain(shown);
  });

  test('T119: a client without a visible name is called by its host', async () => {
    for (const clientName of ['\u202e \u200b', '\u3164', '\u2800\ufe0f']) {
      const rendered = await renderSamples(english, { ...plausible, clientName });
      expect(rendered.consent).toContain('<h1><bdi translate="no">orbit.example</bdi> asks for access</h1>');
    }
  });

  test('the host of a redirect URI is shown in ASCII, with its port; a native application by its scheme', () => {
    expect(shownHostOf('https://gооgle.example/cb')).toBe('xn--ggle-55da.example');
    expect(shownHostOf('http://127.0.0.1:8080/cb')).toBe('127.0.0.1:8080');
    expect(shownHostOf('com.example.app:/cb')).toBe('com.example.app:');
  });

  test('a browser is named from a table; of a User-Agent nothing is shown', () => {
    const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0';
    const edge = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0';
    const iPad = 'Mozilla/5.0 (iPad; CPU OS 19_0 like Mac OS X) AppleWebKit/605.1 Version/19.0 Safari/604.1';
    expect(browserOf(firefox, english).words).toBe('Firefox on Linux');
    expect(browserOf(edge, german).words).toBe('Edge auf Windows');
    expect(browserOf(iPad, english)).toEqual({ words: 'Safari on iPad', icon: 'phone' });
    for (const unknown of [null, '', hostile]) expect(browserOf(unknown, english).words).toBe('Unknown browser');
  });
});

describe('what is wrong is said where it is wrong', () => {
  test('T097: a failed sign-in names neither field as the wrong one', () => {
    const tags = tagsOf(pageOf('sign_in_wrong'));
    const alert = tags.find((tag) => attribute(tag, 'role') === 'alert');
    for (const name of ['login', 'password']) {
      const input = tags.find((tag) => attribute(tag, 'id') === name);
      expect(attribute(input, 'aria-invalid')).toBe('true');
      expect(attribute(input, 'aria-describedby')).toBe(attribute(alert, 'id'));
    }
    expect(pageOf('sign_in_wrong')).toContain('<title>Error: Sign in');
  });

  test.each(['sign_in_limited', 'sign_in_busy', 'select_account_limited'])(
    '%s: the field that has the focus tells why, and is not wrong; it can be seen',
    (name) => {
      const tags = tagsOf(pageOf(name));
      const alert = tags.find((tag) => attribute(tag, 'role') === 'alert');
      const input = tags.find((tag) => tag.attributes.has('autofocus'));
      expect(attribute(input, 'aria-describedby')).toBe(attribute(alert, 'id'));
      expect(input?.attributes.has('aria-invalid')).toBe(false);
      for (const details of named(tags, 'details')) expect(details.attributes.has('open')).toBe(true);
    },
  );

  test('a field of the sign-up form is described by its problem, then its hint; the password never comes back', () => {
    const tags = tagsOf(pageOf('sign_up_wrong'));
    const username = tags.find((tag) => attribute(tag, 'id') === 'username');
    expect(attribute(username, 'aria-describedby')).toBe('username-problem username-hint');
    expect(username?.attributes.has('autofocus')).toBe(true);
    const password = tags.find((tag) => attribute(tag, 'id') === 'password');
    expect(password?.attributes.has('value')).toBe(false);
    expect(attribute(password, 'minlength')).toBe('15');
  });

  test('a wait is told in units people use, never shorter than it is', () => {
    expect(pageOf('sign_in_limited')).toContain('Try again in 3 minutes.');
    expect(pageOf('error_rate_limited')).toContain('Try again in 45 seconds.');
  });

  test('instants name their zone and carry their machine form', () => {
    expect(pageOf('account')).toContain('<time datetime="2026-11-20T04:40:00Z">20 Nov 2026, 04:40 UTC</time>');
  });

  test('T060: consent carries what it is bound to, shows resources by URI and value, and posts a decision', () => {
    const page = pageOf('consent');
    for (const shown of ['name="bound_to" value="mac"', 'https://api.orbit.example/v1', '<code>notes:write</code>'])
      expect(page).toContain(shown);
    const decisions = named(tagsOf(page), 'button').map((tag) => attribute(tag, 'value'));
    expect(decisions).toEqual(['deny', 'allow']);
    expect(page).toContain('phone number');
  });
});
