import { expect, test } from 'vitest';
import { describeInChromium } from './chromium.ts';
import { openScene } from './scene.ts';
import { bothModes, button, withVisitor } from './visitor.ts';

const scene = openScene();
const pauseMilliseconds = 700;

const authorizationUrl = (): string =>
  `${scene.server.issuer}/authorize?${new URLSearchParams({
    ...{ client_id: 'orbit', redirect_uri: scene.application.redirectUri, response_type: 'code', scope: 'openid' },
    ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256', prompt: 'consent' },
  })}`;

describeInChromium('a form that is being sent', () => {
  test.each(bothModes)('is not sent again by a double click, $name', ({ javaScriptEnabled }) =>
    withVisitor(scene.browser, { javaScriptEnabled }, async ({ page, expectNoComplaints }) => {
      scene.application.slowDown('/callback', pauseMilliseconds);
      const sent: string[] = [];
      page.on('request', (request) => {
        if (request.method() === 'POST') sent.push(new URL(request.url()).pathname);
      });
      const person = await scene.server.addPerson(javaScriptEnabled ? 'hasty' : 'hurried');
      const doubleClick = (name: string) => button(page, name).dblclick({ delay: 60 });
      await page.goto(authorizationUrl());
      await page.getByLabel('Username or e-mail address').fill(person.username);
      // Nothing is sent while a field is missing, and the field can be filled in at once.
      await button(page, 'Sign in').click();
      await page.getByLabel('Password').click();
      await page.getByLabel('Password').fill(person.password);
      await doubleClick('Sign in');
      await button(page, 'Allow').waitFor();
      await doubleClick('Allow');
      await page.waitForURL(`${scene.application.redirectUri}?code=**`);
      expect(sent).toEqual(['/login', '/consent']);
      expectNoComplaints([scene.server.issuer, scene.application.origin]);
    }),
  );

  // A style cannot keep a key from being pressed, and the browser has given up the way to the application by then.
  test.each(bothModes)('sent twice by a key tells what happened and leads on, $name', ({ javaScriptEnabled }) =>
    withVisitor(scene.browser, { javaScriptEnabled }, async ({ page }) => {
      scene.application.slowDown('/callback', pauseMilliseconds * 10);
      const person = await scene.server.addPerson(javaScriptEnabled ? 'pressing' : 'pressed');
      await page.goto(authorizationUrl());
      await page.getByLabel('Username or e-mail address').fill(person.username);
      await page.getByLabel('Password').fill(person.password);
      await page.keyboard.press('Enter');
      await button(page, 'Allow').focus();
      const onTheWay = page.waitForRequest((request) => request.url().startsWith(scene.application.redirectUri));
      await page.keyboard.press('Enter');
      await onTheWay;
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'This sign-in is no longer open' }).waitFor();
      await page.getByRole('link', { name: /^Open Orbit Notes/ }).click();
      await page.waitForURL(`${scene.application.origin}/`);
    }),
  );
});
