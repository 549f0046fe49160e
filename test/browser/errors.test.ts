import { randomBytes } from 'node:crypto';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { hashOpaque } from '../../src/tokens/opaque.ts';
import { createEndUser, formsOf } from '../relying_parties/end_user.ts';
import { describeInChromium } from './chromium.ts';
import { openScene } from './scene.ts';
import { button, modes, signInToAccount, typeCredentials, withVisitor } from './visitor.ts';

const scene = openScene();

const authorizationUrl = (parameters: Readonly<Record<string, string>> = {}): string =>
  `${scene.server.issuer}/authorize?${new URLSearchParams({
    ...{ client_id: 'orbit', redirect_uri: scene.application.redirectUri, response_type: 'code', scope: 'openid' },
    ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' },
    ...parameters,
  })}`;

/** Fails unless the page is our own error page of this kind, with a request ID and nothing of the request. */
const expectErrorPage = async (page: Page, heading: string, kind: string): Promise<void> => {
  await page.getByRole('heading', { level: 1, name: heading }).waitFor();
  expect(await page.title()).toBe(`Error: ${heading} · Keyturn`);
  expect(new URL(page.url()).origin).toBe(scene.server.issuer);
  const facts = await page.locator('dl.facts code').allInnerTexts();
  expect(facts).toEqual([kind, expect.stringMatching(/^[\w-]{8,}$/)]);
};

/** Uses up what one address may ask of sign-up, by empty forms. */
const exhaustSignUps = async (): Promise<void> => {
  const machine = createEndUser(scene.server.issuer);
  const url = new URL(`${scene.server.issuer}/sign-up`);
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
      withVisitor(scene.browser, options, async ({ page, expectNoComplaints }) => {
        const echo = '"><h1 id=echo>echo</h1>';
        for (const parameters of [{ client_id: echo }, { client_id: '' }]) {
          const response = await page.goto(authorizationUrl(parameters));
          expect(response?.status()).toBe(400);
          await expectErrorPage(page, 'This application is not known here', 'client_unknown');
        }
        for (const redirectUri of [
          `${scene.application.origin}/elsewhere`,
          `https://evil.example/${echo}`,
          'javascript:alert(1)',
        ]) {
          const response = await page.goto(authorizationUrl({ redirect_uri: redirectUri, state: echo }));
          expect(response?.status()).toBe(400);
          await expectErrorPage(page, 'The way back is not registered', 'redirect_uri_mismatch');
          expect(await page.content()).not.toContain('echo');
        }
        expect(() => scene.application.lastAnswer()).toThrow('Nothing came');
        expectNoComplaints([scene.server.issuer]);
      }));

    test('T067: a sign-in that is expired, made up or of another browser is no longer open', () =>
      withVisitor(scene.browser, options, async ({ page, context, expectNoComplaints }) => {
        await page.goto(authorizationUrl());
        const expectClosed = async (path: string, id: string): Promise<void> => {
          await page.goto(`${scene.server.issuer}${path}?interaction=${id}`);
          await expectErrorPage(page, 'This sign-in is no longer open', 'interaction_expired');
        };
        const id = new URL(page.url()).searchParams.get('interaction') ?? '';
        const kept =
          (await scene.server.store.findInteraction(hashOpaque(id))) ?? expect.fail('There is no interaction.');
        const now = Math.floor(Date.now() / 1000);
        const expired = randomBytes(32).toString('base64url');
        await scene.server.store.addInteraction({ ...kept, idHash: hashOpaque(expired), expiresAt: now });
        for (const path of ['/login', '/consent', '/authorize', '/sign-up']) await expectClosed(path, expired);
        await expectClosed('/login', randomBytes(32).toString('base64url'));
        await context.clearCookies();
        await page.goto(`${scene.server.issuer}/login`);
        await expectClosed('/authorize', id);
        expectNoComplaints([scene.server.issuer]);
      }));

    test('a browser that refuses cookies is told so where a sign-in begins', () =>
      withVisitor(scene.browser, options, async ({ page, context, expectNoComplaints }) => {
        await page.goto(authorizationUrl());
        const signInPage = page.url();
        await context.clearCookies();
        for (const path of ['/login', '/sign-up', '/authorize']) {
          await page.goto(`${scene.server.issuer}${path}${new URL(signInPage).search}`);
          await expectErrorPage(page, 'Your browser sent no cookie', 'cookie_missing');
          await context.clearCookies();
        }
        expectNoComplaints([scene.server.issuer]);
      }));

    test('T091: a form that another browser was given is refused, and says how to go on', () =>
      withVisitor(scene.browser, options, async ({ page, context, expectNoComplaints }) => {
        await page.goto(`${scene.server.issuer}/login`);
        await context.clearCookies();
        await typeCredentials(page, scene.ada.username, scene.ada.password);
        await expectErrorPage(page, 'This form was not accepted', 'csrf_refused');
        await signInToAccount(page, scene.server.issuer, scene.ada);
        await context.clearCookies({ name: '__Host-keyturn_browser' });
        await button(page, 'Sign out').click();
        await expectErrorPage(page, 'This form was not accepted', 'csrf_refused');
        expectNoComplaints([scene.server.issuer]);
      }));

    test('T093: an address to go to after logout that is not registered, and a hint of somebody else, lead nowhere', () =>
      withVisitor(scene.browser, options, async ({ page, expectNoComplaints }) => {
        await signInToAccount(page, scene.server.issuer, scene.ada);
        const logout = (parameters: Readonly<Record<string, string>>) =>
          page.goto(`${scene.server.issuer}/logout?${new URLSearchParams(parameters)}`);
        await logout({ client_id: 'orbit', post_logout_redirect_uri: scene.application.origin });
        await expectErrorPage(page, 'The way back is not registered', 'post_logout_redirect_uri_mismatch');
        await page.goto(`${scene.server.issuer}/logout?state=x&state=y`);
        await expectErrorPage(page, 'This request cannot be understood', 'request_malformed');
        // A hint that proves nothing is nobody's: the end-user is asked.
        await logout({ id_token_hint: 'e30.e30.e30', post_logout_redirect_uri: scene.application.origin });
        await button(page, 'Sign out').waitFor();
        await page.goto(`${scene.server.issuer}/account`);
        expect(page.url()).toBe(`${scene.server.issuer}/account`);
        // Where no client is named the end-user is asked, and stays here.
        await logout({ post_logout_redirect_uri: scene.application.origin });
        await button(page, 'Sign out').click();
        await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
        expect(new URL(page.url()).origin).toBe(scene.server.issuer);
        expectNoComplaints([scene.server.issuer]);
      }));

    test('too many sign-ups from one network have to wait, and are told how long', () =>
      withVisitor(scene.browser, options, async ({ page, expectNoComplaints }) => {
        await exhaustSignUps();
        await page.goto(`${scene.server.issuer}/sign-up`);
        await page.getByLabel('Username').fill('late');
        await page.getByLabel('E-mail address').fill('late@example.org');
        await page.getByLabel('Name', { exact: true }).fill('Late Example');
        await page.getByLabel('Password').fill('a long enough password');
        await button(page, 'Create account').click();
        await expectErrorPage(page, 'Too many attempts', 'rate_limited');
        expect(await page.getByText(/Try again in \d+ (seconds?|minutes?)\./).isVisible()).toBe(true);
        expectNoComplaints([scene.server.issuer]);
      }));
  });
