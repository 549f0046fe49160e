import { createHash } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type IssuerHere, openIssuer } from '../issuer_here.ts';
import type { Person } from '../issuer_records.ts';
import { processTestMilliseconds } from '../running_server.ts';
import { type Application, startApplication } from './application.ts';
import { describeInChromium, launchChromium } from './chromium.ts';
import { button, signInToAccount, typeCredentials, withVisitor } from './visitor.ts';

vi.setConfig({ testTimeout: processTestMilliseconds, hookTimeout: processTestMilliseconds });

const verifier = 'x'.repeat(43);
const codeChallenge = createHash('sha256').update(verifier).digest('base64url');

let browser: Browser | undefined;
let server: IssuerHere;
let application: Application;
/** Another origin of the issuer's own site: its forms bring our cookies along. */
let neighbour: Application;
let ada: Person;

beforeAll(async () => {
  browser = await launchChromium();
  if (browser === undefined) return;
  [server, application, neighbour] = await Promise.all([
    openIssuer(),
    startApplication(),
    startApplication('127.0.0.1'),
  ]);
  ada = await server.addPerson('ada');
  await server.addClient('orbit', {
    clientName: 'Orbit Notes',
    redirectUris: [application.redirectUri],
    postLogoutRedirectUris: [`${application.origin}/goodbye`],
    firstParty: true,
  });
});
afterAll(async () => {
  await browser?.close();
  await application?.close();
  await neighbour?.close();
  await server?.close();
});

type Parameters = Readonly<Record<string, string>>;

const formTo = (action: string, parameters: Parameters): string => {
  const inputs = Object.entries(parameters).map(
    ([name, value]) => `<input type="hidden" name="${name}" value='${value}'>`,
  );
  return `<!doctype html><title>Form</title><form method="post" action="${action}">${inputs.join('')}<button>Go</button></form>`;
};

/** Sends a form of somebody else's page to the issuer. */
const postFrom = async (site: Application, page: Page, path: string, parameters: Parameters): Promise<void> => {
  site.serve('/form', formTo(server.issuer + path, parameters));
  await page.goto(`${site.origin}/form`);
  const answered = page.waitForEvent('load');
  await button(page, 'Go').click();
  await answered;
};

const authorization = (): Parameters => ({
  ...{ client_id: 'orbit', redirect_uri: application.redirectUri, response_type: 'code', state: 'of the app' },
  ...{ code_challenge: codeChallenge, code_challenge_method: 'S256', scope: 'openid' },
});

/** The ID token of a code that came back. */
const redeem = async (code: string): Promise<string> => {
  const body = new URLSearchParams({
    ...{ grant_type: 'authorization_code', client_id: 'orbit', code },
    ...{ redirect_uri: application.redirectUri, code_verifier: verifier },
  });
  const response = await fetch(`${server.issuer}/token`, { method: 'POST', body });
  return ((await response.json()) as { id_token: string }).id_token;
};

const headingOf = (page: Page): Promise<string | null> => page.getByRole('heading', { level: 1 }).textContent();

const isSignedIn = async (page: Page): Promise<boolean> => {
  await page.goto(`${server.issuer}/account`);
  return page.url() === `${server.issuer}/account`;
};

describeInChromium('what a browser keeps and what it tells', () => {
  test('T090: both cookies are __Host-, Secure, HttpOnly, SameSite=Lax and of the whole host', () =>
    withVisitor(browser, {}, async ({ page, context }) => {
      await signInToAccount(page, server.issuer, ada);
      const cookies = (await context.cookies(server.issuer)).map(({ value, expires, ...cookie }) => cookie);
      const attributes = { domain: '127.0.0.1', path: '/', httpOnly: true, secure: true, sameSite: 'Lax' };
      expect(cookies.toSorted((left, right) => left.name.localeCompare(right.name))).toEqual([
        { name: '__Host-keyturn_browser', ...attributes },
        { name: '__Host-keyturn_session', ...attributes },
      ]);
    }));

  test('T063: an application is not told the address of the page that led to it', () =>
    withVisitor(browser, {}, async ({ page }) => {
      await page.goto(`${server.issuer}/authorize?${new URLSearchParams(authorization())}`);
      await typeCredentials(page, ada.username, ada.password);
      await page.waitForURL(`${application.redirectUri}?**`);
      expect(application.lastAnswer().referer).toBeUndefined();
    }));
});

describeInChromium('what another site can make a browser do', () => {
  test('an application may send the authorization request by POST, and who is signed in goes on', () =>
    withVisitor(browser, {}, async ({ page }) => {
      await signInToAccount(page, server.issuer, ada);
      await postFrom(application, page, '/authorize', authorization());
      expect(page.url().startsWith(`${application.redirectUri}?code=`)).toBe(true);
      await postFrom(application, page, '/authorize', { ...authorization(), prompt: 'none' });
      expect(page.url().startsWith(`${application.redirectUri}?code=`)).toBe(true);
    }));

  test('an application may send the logout request by POST, and it signs out', () =>
    withVisitor(browser, {}, async ({ page }) => {
      await signInToAccount(page, server.issuer, ada);
      await page.goto(`${server.issuer}/authorize?${new URLSearchParams(authorization())}`);
      const hint = await redeem(application.lastAnswer().parameters.get('code') ?? '');
      await postFrom(application, page, '/logout', {
        id_token_hint: hint,
        post_logout_redirect_uri: `${application.origin}/goodbye`,
      });
      expect(page.url()).toBe(`${application.origin}/goodbye`);
      expect(await isSignedIn(page)).toBe(false);
    }));

  test('T093: without a hint a logout request by POST asks first', () =>
    withVisitor(browser, {}, async ({ page }) => {
      await signInToAccount(page, server.issuer, ada);
      await postFrom(application, page, '/logout', { client_id: 'orbit' });
      expect(await headingOf(page)).toBe('Sign out?');
      expect(await isSignedIn(page)).toBe(true);
    }));

  test('T093: a picture that is the logout address signs nobody out', () =>
    withVisitor(browser, {}, async ({ page }) => {
      await signInToAccount(page, server.issuer, ada);
      for (const site of [application, neighbour]) {
        site.serve('/picture', `<!doctype html><title>Picture</title><img src="${server.issuer}/logout" alt="">`);
        await page.goto(`${site.origin}/picture`);
      }
      expect(await isSignedIn(page)).toBe(true);
    }));

  test('T091: a form of another site, or of another origin of this one, is refused', () =>
    withVisitor(browser, {}, async ({ page }) => {
      const credentials = { login: ada.username, password: ada.password, csrf: 'x'.repeat(43) };
      await postFrom(application, page, '/login', credentials);
      expect(await headingOf(page)).toBe('This form was not accepted');
      await signInToAccount(page, server.issuer, ada);
      const change = {
        csrf: credentials.csrf,
        current_password: ada.password,
        new_password: 'chosen by somebody else',
      };
      await postFrom(neighbour, page, '/account/password', change);
      expect(await headingOf(page)).toBe('This form was not accepted');
      await postFrom(application, page, '/account/password', change);
      expect(page.url()).toBe(`${server.issuer}/login`);
      await postFrom(neighbour, page, '/logout', { csrf: credentials.csrf });
      expect(await headingOf(page)).toBe('This form was not accepted');
      expect(await isSignedIn(page)).toBe(true);
      await page.context().clearCookies();
      await signInToAccount(page, server.issuer, ada);
    }));

  test('T062: no page of ours shows in a frame of another origin', () =>
    withVisitor(browser, {}, async ({ page }) => {
      await signInToAccount(page, server.issuer, ada);
      for (const site of [application, neighbour]) {
        const frames = ['/login', '/account', '/logout', '/authorize'].map(
          (path) => `<iframe src="${server.issuer}${path}"></iframe>`,
        );
        site.serve('/frames', `<!doctype html><title>Frames</title>${frames.join('')}`);
        await page.goto(`${site.origin}/frames`);
        const shown = await Promise.all(
          page
            .frames()
            .slice(1)
            .map((frame) => frame.locator('.brand').count()),
        );
        expect(shown).toEqual([0, 0, 0, 0]);
      }
    }));
});
