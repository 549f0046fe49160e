// An application may send the browser on from where it was brought back to, to any origin: a policy of ours that lets no
// form lead there would leave the person at our page, with a button that does nothing.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Application, startApplication } from './application.ts';
import { describeInChromium } from './chromium.ts';
import { openScene } from './scene.ts';
import { button, signInToAccount, typeCredentials, withVisitor } from './visitor.ts';

const scene = openScene(async (server) => {
  await server.addClient('sibling', { redirectUris: [scene.application.redirectUri], firstParty: true });
  return { postLogoutRedirectUris: [`${scene.application.origin}/goodbye`] };
});

/** Another origin of whoever runs the application. */
let elsewhere: Application | undefined;
beforeAll(async () => {
  elsewhere = await startApplication();
});
afterAll(() => elsewhere?.close());
beforeEach(() => {
  for (const path of ['/callback', '/goodbye']) scene.application?.sendOn(path, `${elsewhere?.origin}/home`);
});

const authorizationUrl = (parameters: Readonly<Record<string, string>> = {}): string =>
  `${scene.server.issuer}/authorize?${new URLSearchParams({
    ...{ client_id: 'orbit', redirect_uri: scene.application.redirectUri, response_type: 'code', scope: 'openid' },
    ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256', prompt: 'consent' },
    ...parameters,
  })}`;

const origins = () => [scene.server.issuer, scene.application.origin, `${elsewhere?.origin}`];

describeInChromium('an application that sends the browser on to another origin', () => {
  test.each([
    ['Allow', 'query'],
    ['Deny', 'query'],
    ['Allow', 'form_post'],
  ])('is come to by %s, response_mode %s', (name, responseMode) =>
    withVisitor(scene.browser, {}, async ({ page, expectNoComplaints }) => {
      await signInToAccount(page, scene.server.issuer, scene.ada);
      await page.goto(authorizationUrl({ response_mode: responseMode }));
      await button(page, name).click();
      await page.waitForURL(`${elsewhere?.origin}/home`);
      expectNoComplaints(origins());
    }),
  );

  test('is come to right after signing in, and after signing up', () =>
    withVisitor(scene.browser, {}, async ({ page, context, expectNoComplaints }) => {
      await page.goto(authorizationUrl({ client_id: 'sibling', prompt: 'login' }));
      await typeCredentials(page, scene.ada.username, scene.ada.password);
      await page.waitForURL(`${elsewhere?.origin}/home`);
      await context.clearCookies();
      await page.goto(authorizationUrl({ client_id: 'sibling', prompt: 'login' }));
      await page.getByRole('link', { name: 'Create an account' }).click();
      await page.getByLabel('Username').fill('onward');
      await page.getByLabel('E-mail address').fill('onward@example.org');
      await page.getByLabel('Name', { exact: true }).fill('Onward Example');
      await page.getByLabel('Password').fill('six patient herons wading');
      await button(page, 'Create account').click();
      await page.waitForURL(`${elsewhere?.origin}/home`);
      expectNoComplaints(origins());
    }));

  test('is come to after who was asked has signed out', () =>
    withVisitor(scene.browser, {}, async ({ page, expectNoComplaints }) => {
      await signInToAccount(page, scene.server.issuer, scene.ada);
      const goodbye = `${scene.application.origin}/goodbye`;
      const parameters = { client_id: 'orbit', post_logout_redirect_uri: goodbye };
      await page.goto(`${scene.server.issuer}/logout?${new URLSearchParams(parameters)}`);
      await button(page, 'Sign out').click();
      await page.waitForURL(`${elsewhere?.origin}/home`);
      expect((await page.context().cookies(scene.server.issuer)).map(({ name }) => name)).toEqual([
        '__Host-keyturn_browser',
      ]);
      expectNoComplaints(origins());
    }));
});
