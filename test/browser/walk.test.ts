import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { describeInChromium } from './chromium.ts';
import { openScene } from './scene.ts';
import { bothModes, button, modes, signInToAccount, typeCredentials, withVisitor } from './visitor.ts';

const challenge = createHash('sha256').update('x'.repeat(43)).digest('base64url');

const scene = openScene();

const authorizationUrl = (parameters: Readonly<Record<string, string>> = {}): string =>
  `${scene.server.issuer}/authorize?${new URLSearchParams({
    ...{ client_id: 'orbit', redirect_uri: scene.application.redirectUri, response_type: 'code', state: 'of the app' },
    ...{ code_challenge: challenge, code_challenge_method: 'S256', scope: 'openid profile email offline_access' },
    ...parameters,
  })}`;

for (const { name, javaScriptEnabled } of modes)
  describeInChromium(`a person at the pages, ${name}`, () => {
    const options = { javaScriptEnabled };
    const freshName = (base: string): string => `${base}-${javaScriptEnabled ? 'js' : 'plain'}`;

    test('signs up on the way to an application, corrects what is wrong, and arrives there', () =>
      withVisitor(scene.browser, options, async ({ page, expectNoComplaints }) => {
        await page.goto(authorizationUrl());
        await page.getByRole('link', { name: 'Create an account' }).click();
        await page.getByLabel('Username').fill('ada');
        await page.getByLabel('E-mail address').fill(`${freshName('new')}@example.org`);
        await page.getByLabel('Name', { exact: true }).fill('Nova Example');
        await page.getByLabel('Password').fill('passwordpassword');
        await button(page, 'Create account').click();
        expect(await page.title()).toMatch(/^Error: /);
        expect(await page.getByLabel('Password').inputValue()).toBe('');
        expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Nova Example');
        await page.getByText('This password is on the lists').waitFor();
        await page.getByLabel('Password').fill(scene.ada.password);
        await button(page, 'Create account').click();
        await page.getByText('This username is taken').waitFor();
        await page.getByLabel('Username').fill(freshName('nova'));
        await page.getByLabel('Password').fill(scene.ada.password);
        await button(page, 'Create account').click();
        await page.waitForURL('**/consent?**');
        expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Orbit Notes asks for access');
        await button(page, 'Allow').click();
        await page.waitForURL(`${scene.application.redirectUri}?**`);
        expect(scene.application.lastAnswer().parameters.get('code')).toMatch(/^[\w-]{43}$/);
        expectNoComplaints([scene.server.issuer, scene.application.origin]);
      }));

    test('gives a wrong password, then the right one; denies, then allows; and is not asked again', () =>
      withVisitor(scene.browser, options, async ({ page, expectNoComplaints }) => {
        const grace = await scene.server.addPerson(freshName('grace'));
        await page.goto(authorizationUrl());
        await typeCredentials(page, grace.username, 'wrong horse battery staple');
        await page.getByText('The username or the password is wrong').waitFor();
        expect(await page.getByLabel('Username or e-mail address').inputValue()).toBe(grace.username);
        expect(await page.getByLabel('Password').inputValue()).toBe('');
        await page.getByLabel('Password').fill(grace.password);
        await button(page, 'Sign in').click();
        await button(page, 'Deny').click();
        await page.waitForURL(`${scene.application.redirectUri}?**`);
        const denied = Object.fromEntries(scene.application.lastAnswer().parameters);
        expect(denied).toMatchObject({ error: 'access_denied', state: 'of the app', iss: scene.server.issuer });
        await page.goto(authorizationUrl());
        await button(page, 'Allow').click();
        await page.waitForURL(`${scene.application.redirectUri}?**`);
        const allowed = scene.application.lastAnswer().parameters.get('code');
        expect(allowed).toMatch(/^[\w-]{43}$/);
        await page.goto(authorizationUrl());
        expect(page.url()).toContain(scene.application.redirectUri);
        expect(scene.application.lastAnswer().parameters.get('code')).not.toBe(allowed);
        expectNoComplaints([scene.server.issuer, scene.application.origin]);
      }));

    test('sees their sessions and applications at their account, and ends one of each', () =>
      withVisitor(scene.browser, options, async ({ page, expectNoComplaints }) => {
        const mary = await scene.server.addPerson(freshName('mary'));
        await page.goto(authorizationUrl());
        await typeCredentials(page, mary.email, mary.password);
        await button(page, 'Allow').click();
        await page.waitForURL(`${scene.application.redirectUri}?**`);
        await withVisitor(scene.browser, options, async ({ page: elsewhere }) => {
          await signInToAccount(elsewhere, scene.server.issuer, mary);
          await page.goto(`${scene.server.issuer}/account`);
          const sessions = page.getByRole('region', { name: 'Where you are signed in' }).getByRole('listitem');
          expect(await sessions.count()).toBe(2);
          const other = sessions.filter({ hasNotText: 'This browser' });
          await other.getByRole('button', { name: 'End session' }).click();
          await page.getByText('The session has ended.').waitFor();
          expect(await sessions.count()).toBe(1);
          await elsewhere.goto(`${scene.server.issuer}/account`);
          expect(elsewhere.url()).toBe(`${scene.server.issuer}/login`);
        });
        await page.getByRole('button', { name: /^Withdraw access *: *Orbit Notes$/ }).click();
        await page.getByText('No application has access to your account.').waitFor();
        await page.goto(authorizationUrl());
        expect(await button(page, 'Allow').isVisible()).toBe(true);
        expectNoComplaints([scene.server.issuer, scene.application.origin]);
      }));

    test('changes their password, which ends every other session', () =>
      withVisitor(scene.browser, options, async ({ page, expectNoComplaints }) => {
        const joan = await scene.server.addPerson(freshName('joan'));
        const changed = { ...joan, password: 'another long password of joan' };
        const change = async (current: string, wanted: string): Promise<void> => {
          await page.getByLabel('Current password').fill(current);
          await page.getByLabel('New password').fill(wanted);
          await button(page, 'Change password').click();
        };
        await signInToAccount(page, scene.server.issuer, joan);
        await withVisitor(scene.browser, options, async ({ page: elsewhere }) => {
          await signInToAccount(elsewhere, scene.server.issuer, joan);
          await change('not the current password', changed.password);
          await page.getByText('This is not your current password.').waitFor();
          await change(joan.password, 'aaaaaaaaaaaaaaaaaa');
          await page.getByText('This password is one pattern over and over.').waitFor();
          await change(joan.password, changed.password);
          await page.getByText('Your password is changed.').waitFor();
          await elsewhere.goto(`${scene.server.issuer}/account`);
          expect(elsewhere.url()).toBe(`${scene.server.issuer}/login`);
          await typeCredentials(elsewhere, joan.username, joan.password);
          await elsewhere.getByText('The username or the password is wrong').waitFor();
          await typeCredentials(elsewhere, joan.username, changed.password);
          await elsewhere.waitForURL(`${scene.server.issuer}/account`);
        });
        expectNoComplaints([scene.server.issuer]);
      }));

    test('is brought by a password manager to where the password is changed, and signs in before from the first field on', () =>
      withVisitor(scene.browser, options, async ({ page, expectNoComplaints }) => {
        const bring = () => page.goto(`${scene.server.issuer}/.well-known/change-password`);
        await bring();
        await page.locator('#login:focus').waitFor();
        await typeCredentials(page, scene.ada.username, scene.ada.password);
        await page.waitForURL(`${scene.server.issuer}/account`);
        await bring();
        await page.getByRole('heading', { name: 'Change your password' }).and(page.locator(':target')).waitFor();
        expectNoComplaints([scene.server.issuer]);
      }));

    test('is asked before they are signed out, stays, and then goes', () =>
      withVisitor(scene.browser, options, async ({ page, context, expectNoComplaints }) => {
        await signInToAccount(page, scene.server.issuer, scene.ada);
        await page.goto(`${scene.server.issuer}/logout`);
        await page.getByRole('link', { name: 'Stay signed in' }).click();
        expect(page.url()).toBe(`${scene.server.issuer}/account`);
        await page.goto(`${scene.server.issuer}/logout`);
        await button(page, 'Sign out').click();
        await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
        expect((await context.cookies(scene.server.issuer)).map(({ name }) => name)).toEqual([
          '__Host-keyturn_browser',
        ]);
        await page.getByRole('link', { name: 'Sign in again' }).click();
        expect(page.url()).toBe(`${scene.server.issuer}/login`);
        expectNoComplaints([scene.server.issuer]);
      }));

    test('chooses the account to go on with, or signs in as somebody else', () =>
      withVisitor(scene.browser, options, async ({ page, expectNoComplaints }) => {
        const [edith, rosa] = [
          await scene.server.addPerson(freshName('edith')),
          await scene.server.addPerson(freshName('rosa')),
        ];
        await signInToAccount(page, scene.server.issuer, edith);
        await page.goto(authorizationUrl({ prompt: 'select_account' }));
        await page.getByText('Use another account').click();
        await typeCredentials(page, rosa.username, rosa.password);
        await page.waitForURL('**/consent?**');
        expect(await page.getByText('to the account of Rosa').isVisible()).toBe(true);
        await page.goto(authorizationUrl({ prompt: 'select_account' }));
        await page.getByRole('button', { name: 'Continue as Rosa' }).click();
        await page.waitForURL('**/consent?**');
        expectNoComplaints([scene.server.issuer]);
      }));
  });

describeInChromium('a person at the pages', () => {
  test.each(bothModes)(
    'is brought back by a form where the application asked for that, $name',
    ({ javaScriptEnabled }) =>
      withVisitor(scene.browser, { javaScriptEnabled }, async ({ page, expectNoComplaints }) => {
        await signInToAccount(page, scene.server.issuer, scene.ada);
        await page.goto(authorizationUrl({ response_mode: 'form_post', prompt: 'consent' }));
        await button(page, 'Allow').click();
        if (!javaScriptEnabled) await button(page, 'Continue').click();
        await page.waitForURL(scene.application.redirectUri);
        const { method, parameters } = scene.application.lastAnswer();
        expect([method, parameters.get('state')]).toEqual(['POST', 'of the app']);
        expect(parameters.get('code')).toMatch(/^[\w-]{43}$/);
        expectNoComplaints([scene.server.issuer, scene.application.origin]);
      }),
  );
});
