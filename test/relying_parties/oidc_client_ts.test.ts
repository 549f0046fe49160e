import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { User } from 'oidc-client-ts';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { describeInChromium, launchChromium } from '../browser/chromium.ts';
import { freePort } from '../free_port.ts';
import { type IssuerHere, openIssuer } from '../issuer_here.ts';
import type { Person } from '../issuer_records.ts';
import { processTestMilliseconds } from '../running_server.ts';

vi.setConfig({ testTimeout: processTestMilliseconds, hookTimeout: processTestMilliseconds });

const clientId = 'spa';

const bundleOf = async (settings: object): Promise<string> => {
  const entry = fileURLToPath(new URL('./oidc_client_ts_page.ts', import.meta.url));
  const define = { settings: JSON.stringify(settings) };
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, write: false, format: 'iife', define });
  return outputFiles[0]?.text ?? '';
};

/** Serves the page at every path, as single-page applications are. */
const servePage = async (port: number, script: string): Promise<Server> => {
  const server = createServer(({ url = '' }, response) => {
    const isScript = url === '/app.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
    response.end(
      isScript
        ? script
        : '<!doctype html><title>Page</title><link rel="icon" href="data:,"><script src="/app.js"></script>',
    );
  });
  server.listen(port, 'localhost');
  await once(server, 'listening');
  return server;
};

let browser: Browser | undefined;
let server: IssuerHere;
let ada: Person;
const pages: Server[] = [];
let origin: string;
let foreignOrigin: string;

beforeAll(async () => {
  browser = await launchChromium();
  if (browser === undefined) return;
  server = await openIssuer({ KEYTURN_REFRESH_RETRY_SECONDS: '0' });
  ada = await server.addPerson('ada');
  const port = await freePort();
  origin = `http://localhost:${port}`;
  const script = await bundleOf({
    authority: server.issuer,
    client_id: clientId,
    redirect_uri: `${origin}/callback`,
    post_logout_redirect_uri: `${origin}/goodbye`,
    scope: 'openid profile email offline_access',
    loadUserInfo: true,
    automaticSilentRenew: false,
  });
  pages.push(await servePage(port, script));
  const foreignPort = await freePort();
  foreignOrigin = `http://localhost:${foreignPort}`;
  pages.push(await servePage(foreignPort, script));
  await server.addClient(clientId, {
    redirectUris: [`${origin}/callback`],
    postLogoutRedirectUris: [`${origin}/goodbye`],
  });
});
afterAll(async () => {
  await browser?.close();
  await Promise.all(pages.map((page) => new Promise((closed) => page.close(closed))));
  await server?.close();
});

const inNewContext = async (use: (page: Page, context: BrowserContext) => Promise<void>): Promise<void> => {
  const context = (await browser?.newContext()) ?? expect.fail('There is no browser.');
  context.setDefaultTimeout(processTestMilliseconds / 2);
  const page = await context.newPage();
  await use(page, context);
  await context.close();
};

/** Runs an expression in the page's script. */
const run = async <Result>(page: Page, expression: string): Promise<Result> =>
  (await page.evaluate(expression)) as Result;

/** Runs what leaves the page, and waits until the browser is where it leads. */
const leave = async (page: Page, expression: string, url: string | RegExp): Promise<void> => {
  await page.evaluate(`void ${expression}`);
  await page.waitForURL(url);
};

/** From the page to the issuer and back, by hand. */
const signIn = async (page: Page): Promise<User> => {
  await page.goto(origin);
  await leave(page, 'app.signIn()', `${server.issuer}/login?**`);
  await page.getByLabel('Username or e-mail address').fill(ada.email);
  await page.getByLabel('Password').fill(ada.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(/\/(consent|callback)\?/);
  if (page.url().includes('/consent')) await page.getByRole('button', { name: 'Allow' }).click();
  await page.waitForURL(`${origin}/callback?**`);
  await run(page, 'app.finishSignIn()');
  return (await run<User | null>(page, 'app.user()')) ?? expect.fail('Nobody is signed in.');
};

describeInChromium('oidc-client-ts 3 in Chromium, from another origin', () => {
  test('a page signs in with PKCE, reads userinfo, and verifies its ID token with the published keys', () =>
    inNewContext(async (page) => {
      const { profile, access_token: accessToken } = await signIn(page);
      expect(profile).toMatchObject({ sub: ada.sub, name: 'Ada Example', email: ada.email });
      expect(accessToken.split('.')).toHaveLength(3);
      expect(await run(page, 'app.verifyIdToken()')).toMatchObject({ sub: ada.sub, aud: clientId, iss: server.issuer });
    }));

  test('a refresh rotates, and the page is told when the token is spent or revoked', () =>
    inNewContext(async (page) => {
      const before = await signIn(page);
      const after = await run<User>(page, 'app.refresh()');
      expect(after.refresh_token).toMatch(/^[\w-]{72}$/);
      expect(after.refresh_token).not.toBe(before.refresh_token);
      await run(page, 'app.revoke()');
      const spent = { grant_type: 'refresh_token', client_id: clientId, refresh_token: after.refresh_token };
      expect(await run(page, `app.post('/token', ${JSON.stringify(spent)})`)).toBe(400);
    }));

  test('logout comes back to the page, and the next sign-in asks for the password', () =>
    inNewContext(async (page) => {
      await signIn(page);
      await leave(page, 'app.signOut()', `${origin}/goodbye?**`);
      expect(await run(page, 'app.finishSignOut()')).toMatchObject({ userState: 'so long' });
      expect(await run(page, 'app.user()')).toBeNull();
      await leave(page, 'app.signIn()', `${server.issuer}/login?**`);
      expect(await page.getByLabel('Password').isVisible()).toBe(true);
    }));

  test('T077: a page of another origin may not read what the client is told', () =>
    inNewContext(async (page) => {
      const refusal = `app.post('/token', ${JSON.stringify({ grant_type: 'refresh_token', client_id: clientId, refresh_token: 'x' })})`;
      await page.goto(origin);
      expect(await run(page, refusal)).toBe(400);
      await page.goto(foreignOrigin);
      expect(await run(page, refusal)).toBe('kept from the page');
    }));
});
