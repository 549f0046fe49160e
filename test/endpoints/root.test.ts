import { beforeAll, describe, expect, test } from 'vitest';
import { createJoseKeyVault, parseKekRing } from '../../src/adapters/jose_key_vault.ts';
import { createApp } from '../../src/app.ts';
import { paths } from '../../src/endpoints/paths.ts';
import { KeyRing } from '../../src/keys/key_ring.ts';
import { wrappingContextOf } from '../../src/keys/open_key.ts';
import { addClient, addResource, createTestProvider, makeKekRing, type TestProvider } from '../test_provider.ts';
import { contentsOf, directivesOf, hashOf, unbalanced } from './markup.ts';

const issuer = 'https://id.example.com';
const kekRing = makeKekRing();

let provider: TestProvider;
let page: Response;
let body: string;

beforeAll(async () => {
  provider = await createTestProvider({ kekRing });
  await addResource(provider.store, { resource: 'https://canary-resource.example' });
  await addClient(provider.store, 'canary-client', { clientName: 'Canary Client' });
  page = await provider.app.request('/');
  body = await page.text();
});

describe('the page at the issuer', () => {
  test('is HTML that no cache keeps without asking again', () => {
    expect(page.status).toBe(200);
    expect(page.headers.get('Content-Type')).toBe('text/html; charset=UTF-8');
    expect(page.headers.get('Cache-Control')).toBe('no-cache');
    expect(page.headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(page.headers.has('Set-Cookie')).toBe(false);
    expect(unbalanced(body)).toEqual([]);
  });

  test('allows its own style and script by hash, and nothing else', () => {
    const [styles, scripts] = [contentsOf('style', body), contentsOf('script', body)];
    expect(directivesOf(page)).toEqual({
      'default-src': "'none'",
      'style-src': styles.map(hashOf).join(' '),
      'script-src': scripts.map(hashOf).join(' '),
      'img-src': 'data:',
      'connect-src': "'self'",
      'frame-ancestors': "'none'",
      'base-uri': "'none'",
      'form-action': "'none'",
    });
    expect([styles.length, scripts.length]).toEqual([1, 1]);
  });

  test('uses nothing its policy would refuse', () => {
    const markup = body.replaceAll(/<(style|script)>.*?<\/\1>/gs, '');
    expect(markup).not.toMatch(/<[^>]*\s(style|on[a-z]+|src|action)=/i);
    expect(markup).not.toMatch(/<(script|style|img|iframe|form|object|embed|base|use|image)\b/i);
    expect(markup).not.toContain('http-equiv');
    expect(body).not.toMatch(/@import|url\(/);
  });

  test('its script is JavaScript', () => {
    expect(() => new Function(contentsOf('script', body)[0] ?? '')).not.toThrow();
  });

  test('shows every published key of both rings, its phase, and when it changes', () => {
    for (const { kid } of provider.keyRing.keys) expect(body).toContain(`<code>${kid}</code>`);
    expect(body.match(/class="badge active"/g)).toHaveLength(2);
    expect(body.match(/class="badge standby"/g)).toHaveLength(2);
    expect(body).toContain('next turn in 30 d');
    expect(body).toContain('takes over in 30 d');
    expect(body).toContain(
      '<dt>Signs since</dt><dd><time datetime="2027-01-15T08:00:00Z">2027-01-15 08:00:00 UTC</time>',
    );
    expect(body).toContain('<dt>Leaves the key set at</dt>');
    expect(body).toContain('<p class="pill up">signing</p>');
  });

  test('has a picture of each ring with a title and its content in words', () => {
    expect(body.match(/<svg class="drawing" role="img" aria-labelledby="/g)).toHaveLength(2);
    const labels = [...body.matchAll(/aria-labelledby="([^"]+)"/g)].flatMap((match) => match[1]?.split(' ') ?? []);
    for (const id of labels) expect(body.split(`id="${id}"`), id).toHaveLength(2);
    for (const phase of ['standby planned', 'active planned', 'retiring planned'])
      expect(body).toContain(`<rect class="${phase}"`);
  });

  test('lists every endpoint there is, by the method it is asked with; what it links answers', async () => {
    const rows = [...body.matchAll(/<span class="method">(\w+)<\/span>(?:<a href="([^"]+)">|<code>([^<]+)<)/g)];
    const { root: _, status_list: __, consent: ___, sign_up: ____, change_password: _____, ...listed } = paths;
    expect(rows.map(([, , link, text]) => link ?? text)).toEqual(Object.values(listed).map((path) => issuer + path));
    for (const [, method, link, text] of rows) {
      expect(link === undefined, text ?? link).toBe(method === 'POST');
      const { status } = await provider.app.request((link ?? text ?? '').replace(issuer, ''));
      expect([404, 405].includes(status), text ?? link).toBe(method === 'POST');
    }
  });

  test('lists the sign-up page where there is one', async () => {
    const open = await createTestProvider({ environment: { KEYTURN_SIGN_UP: 'on' } });
    expect(await (await open.app.request('/')).text()).toContain(`<a href="${issuer}/sign-up">`);
  });

  test('shows public data alone: no private member, no ciphertext, no client, no resource', async () => {
    const vault = createJoseKeyVault(parseKekRing(kekRing, 'a test'));
    const { keys } = await provider.store.readSigningKeys();
    const picture = await (await provider.app.request('/timeline.svg')).text();
    for (const key of keys) {
      const privateJwk = await vault.unwrap(key.privateJwe ?? '', wrappingContextOf(issuer, key));
      const members = ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const;
      const secrets = members.flatMap((member) => privateJwk[member] ?? []);
      expect(secrets.length).toBeGreaterThan(0);
      for (const secret of [...secrets, key.privateJwe ?? '']) expect(body + picture).not.toContain(secret);
    }
    expect(body + picture).not.toMatch(/canary/i);
  });

  test('HEAD answers as GET does, without the body; other methods are refused', async () => {
    const head = await provider.app.request('/', { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
    expect(head.headers.get('Content-Security-Policy')).toBe(page.headers.get('Content-Security-Policy'));
    const post = await provider.app.request('/', { method: 'POST' });
    expect(post.status).toBe(405);
    expect(post.headers.get('Allow')).toBe('GET, HEAD');
  });

  test('is not what an unknown path gets', async () => {
    expect((await provider.app.request('/index.html')).status).toBe(404);
    expect((await provider.app.request('/timeline')).status).toBe(404);
  });
});

describe('the page through time', () => {
  test('a retiring key says when it leaves, and one that left says so', async () => {
    const alone = await createTestProvider();
    const { policy } = alone.config;
    const text = async (): Promise<string> => (await alone.app.request('/')).text();
    alone.clock.advance(policy.periodSeconds - policy.leadSeconds);
    await alone.keyRing.refresh();
    alone.clock.advance(policy.leadSeconds + 10);
    await alone.keyRing.refresh();
    expect(await text()).toContain('class="badge retiring"');
    expect(await text()).toMatch(/<dt>Leaves the key set at<\/dt><dd><time[^>]*>[^<]*<\/time> <span>in 1 h 5 min</);
    alone.clock.advance(policy.graceSeconds);
    await alone.keyRing.refresh();
    expect(await text()).toContain('class="badge removed"');
    expect(await text()).toContain('<summary>Keys no longer in the key set</summary>');
    expect(unbalanced(await text())).toEqual([]);
  });

  test('a node that does not sign says that it does not, and not why', async () => {
    const alone = await createTestProvider();
    alone.clock.advance(alone.config.policy.snapshotSeconds + 1);
    const text = await (await alone.app.request('/')).text();
    expect(text).toContain('<p class="pill down">not signing at the moment</p>');
    expect(text).not.toContain(alone.keyRing.notSigning());
  });

  test('before the keys have been read there is a page without keys', async () => {
    const { store, clock, log, config } = provider;
    const vault = createJoseKeyVault(parseKekRing(kekRing, 'a test'));
    const signers = { open: () => Promise.reject(new TypeError('nothing is opened here')) };
    const keyRing = new KeyRing({ issuer, policy: config.policy, store, vault, clock, signers, log });
    const response = await createApp({ ...provider, keyRing }).request('/');
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('no turn planned yet');
  });
});

describe('an issuer with a path, and letters that mean something in HTML', () => {
  const strange = "https://id.example.com/it's&co";

  test('is served at its path with and without the slash, and every mention is escaped', async () => {
    const { app } = await createTestProvider({ environment: { KEYTURN_ISSUER: strange } });
    for (const url of [strange, `${strange}/`]) {
      const response = await app.request(url);
      expect(response.status, url).toBe(200);
      const text = await response.text();
      expect(text).toContain('<h1>https://id.<wbr>example.<wbr>com/it&#39;s&amp;co</h1>');
      expect(text).not.toContain("it's&co");
      expect(text).toContain('href="https://id.example.com/.well-known/oauth-authorization-server/it&#39;s&amp;co"');
    }
    expect((await app.request('https://id.example.com/')).status).toBe(404);
    expect((await app.request(`${strange}/timeline.svg`)).status).toBe(200);
  });
});
