import { randomBytes } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { hashOpaque } from '../../src/tokens/opaque.ts';
import { type IssuerProcess, startIssuer } from '../issuer_process.ts';
import type { Person } from '../issuer_records.ts';
import { createEndUser, formsOf } from '../relying_parties/end_user.ts';
import { processTestMilliseconds } from '../running_server.ts';
import { type Application, startApplication } from './application.ts';
import { describeInChromium, launchChromium } from './chromium.ts';
import { button, modes, signInToAccount, typeCredentials, withVisitor } from './visitor.ts';

vi.setConfig({ testTimeout: processTestMilliseconds, hookTimeout: processTestMilliseconds });

let browser: Browser | undefined;
let server: IssuerProcess;
let application: Application;
let ada: Person;

beforeAll(async () => {
  browser = await launchChromium();
  if (browser === undefined) return;
  [server, application] = await Promise.all([startIssuer({ KEYTURN_SIGN_UP: 'on' }), startApplication()]);
  ada = await server.addPerson('ada');
  await server.addClient('orbit', { clientName: 'Orbit Notes', redirectUris: [application.redirectUri] });
});
afterAll(async () => {
  await browser?.close();
  await application?.close();
  await server?.close();
});

const authorizationUrl = (parameters: Readonly<Record<string, string>> = {}): string =>
  `${server.issuer}/authorize?${new URLSearchParams({
    ...{ client_id: 'orbit', redirect_uri: application.redirectUri, response_type: 'code', scope: 'openid' },
    ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' },
    ...parameters,
  })}`;

/** Fails unless the page is our own error page of this kind, with a request ID and nothing of the request. */
const expectErrorPage = async (page: Page, heading: string, kind: string): Promise<void> => {
  await page.getByRole('heading', { level: 1, name: heading }).waitFor();
  expect(await page.title()).toBe(`Error: ${heading} · Keyturn`);
  expect(new URL(page.url()).origin).toBe(server.issuer);
  const facts = await page.locator('dl.facts code').allInnerTexts();
  expect(facts).toEqual([kind, expect.stringMatching(/^[\w-]{8,}$/)]);
};

/** Uses up what one address may ask of sign-up, by empty forms. */
const exhaustSignUps = async (): Promise<void> => {
  const machine = createEndUser(server.issuer);
  const url = new URL(`${server.issuer}/sign-up`);
  const form = formsOf(await (await machine.request(url)).text())[0];
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form?.hidden).toString(),
  };
  let status = 0;
  while (status !== 429) ({ status } = await machine.request(url, init));
};

for (const { name, javaScriptEnabled } of modes)
  describeInChromium(`the error pages, ${name}`, () => {
    const options = { javaScriptEnabled };

    test('T047: an unknown client and a redirect URI that is not registered stay here, and nothing is echoed', () =>
      withVisitor(browser, options, async ({ page, expectNoComplaints }) => {
        const echo = '"><h1 id=echo>echo</h1>';
        for (const parameters of [{ client_id: echo }, { client_id: '' }]) {
          const response = await page.goto(authorizationUrl(parameters));
          expect(response?.status()).toBe(400);
          await expectErrorPage(page, 'This application is not known here', 'client_unknown');
        }
        for (const redirectUri of [
          `${application.origin}/elsewhere`,
          `https://evil.example/${echo}`,
          'javascript:alert(1)',
        ]) {
          const response = await page.goto(authorizationUrl({ redirect_uri: redirectUri, state: echo }));
          expect(response?.status()).toBe(400);
          await expectErrorPage(page, 'The way back is not registered', 'redirect_uri_mismatch');
          expect(await page.content()).not.toContain('echo');
        }
        expect(() => application.lastAnswer()).toThrow('Nothing came');
        expectNoComplaints([server.issuer]);
      }));

    test('T067: a sign-in that is expired, made up or of another browser is no longer open', () =>
      withVisitor(browser, options, async ({ page, context, expectNoComplaints }) => {
        await page.goto(authorizationUrl());
        const expectClosed = async (path: string, id: string): Promise<void> => {
          await page.goto(`${server.issuer}${path}?interaction=${id}`);
          await expectErrorPage(page, 'This sign-in is no longer open', 'interaction_expired');
        };
        const id = new URL(page.url()).searchParams.get('interaction') ?? '';
        const kept = (await server.store.findInteraction(hashOpaque(id))) ?? expect.fail('There is no interaction.');
        const now = Math.floor(Date.now() / 1000);
        const expired = randomBytes(32).toString('base64url');
        await server.store.addInteraction({ ...kept, idHash: hashOpaque(expired), expiresAt: now });
        for (const path of ['/login', '/consent', '/authorize', '/sign-up']) await expectClosed(path, expired);
        await expectClosed('/login', randomBytes(32).toString('base64url'));
        await context.clearCookies();
        await expectClosed('/authorize', id);
        expectNoComplaints([server.issuer]);
      }));

    test('T091: a form that another browser was given is refused, and says how to go on', () =>
      withVisitor(browser, options, async ({ page, context, expectNoComplaints }) => {
        await page.goto(`${server.issuer}/login`);
        await context.clearCookies();
        await typeCredentials(page, ada.username, ada.password);
        await expectErrorPage(page, 'This form was not accepted', 'csrf_refused');
        await signInToAccount(page, server.issuer, ada);
        await context.clearCookies({ name: '__Host-keyturn_browser' });
        await button(page, 'Sign out').click();
        await expectErrorPage(page, 'This form was not accepted', 'csrf_refused');
        expectNoComplaints([server.issuer]);
      }));

    test('T093: an address to go to after logout that is not registered, and a hint of somebody else, lead nowhere', () =>
      withVisitor(browser, options, async ({ page, expectNoComplaints }) => {
        await signInToAccount(page, server.issuer, ada);
        const logout = (parameters: Readonly<Record<string, string>>) =>
          page.goto(`${server.issuer}/logout?${new URLSearchParams(parameters)}`);
        await logout({ client_id: 'orbit', post_logout_redirect_uri: application.origin });
        await expectErrorPage(page, 'The way back is not registered', 'post_logout_redirect_uri_mismatch');
        await page.goto(`${server.issuer}/logout?state=x&state=y`);
        await expectErrorPage(page, 'This request cannot be understood', 'request_malformed');
        // A hint that proves nothing is nobody's: the end-user is asked.
        await logout({ id_token_hint: 'e30.e30.e30', post_logout_redirect_uri: application.origin });
        await button(page, 'Sign out').waitFor();
        await page.goto(`${server.issuer}/account`);
        expect(page.url()).toBe(`${server.issuer}/account`);
        // Where no client is named the end-user is asked, and stays here.
        await logout({ post_logout_redirect_uri: application.origin });
        await button(page, 'Sign out').click();
        await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
        expect(new URL(page.url()).origin).toBe(server.issuer);
        expectNoComplaints([server.issuer]);
      }));

    test('too many sign-ups from one network have to wait, and are told how long', () =>
      withVisitor(browser, options, async ({ page, expectNoComplaints }) => {
        await exhaustSignUps();
        await page.goto(`${server.issuer}/sign-up`);
        await page.getByLabel('Username').fill('late');
        await page.getByLabel('E-mail address').fill('late@example.org');
        await page.getByLabel('Name', { exact: true }).fill('Late Example');
        await page.getByLabel('Password').fill('a long enough password');
        await button(page, 'Create account').click();
        await expectErrorPage(page, 'Too many attempts', 'rate_limited');
        expect(await page.getByText(/Try again in \d+ (seconds?|minutes?)\./).isVisible()).toBe(true);
        expectNoComplaints([server.issuer]);
      }));
  });
