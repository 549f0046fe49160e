import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults, Result } from 'axe-core';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { supportedLocales, textsFor } from '../../src/login/texts/catalogue.ts';
import { makeResource } from '../contracts/records.ts';
import { orEveryDay } from '../every_day.ts';
import { renderSamples } from '../login/sample_pages.ts';
import { describeInChromium } from './chromium.ts';
import { openScene } from './scene.ts';
import { button, signInToAccount, typeCredentials, withVisitor } from './visitor.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const api = 'https://api.orbit.example';

const scene = openScene(async (server) => {
  await server.store.addResource(makeResource(api, { scope: ['notes:read'] }));
  const scope = ['openid', 'profile', 'email', 'phone', 'address', 'roles', 'offline_access', 'notes:read'];
  return { scope, resources: [api] };
});

const authorizationUrl = (parameters: Readonly<Record<string, string>> = {}): string =>
  `${scene.server.issuer}/authorize?${new URLSearchParams({
    ...{ client_id: 'orbit', redirect_uri: scene.application.redirectUri, response_type: 'code', resource: api },
    ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' },
    scope: 'openid profile email phone address roles offline_access notes:read',
    ...parameters,
  })}`;

const views = [
  { colorScheme: 'light', width: 1280, height: 860 },
  { colorScheme: 'dark', width: 360, height: 740 },
] as const;

let looks = 0;
/** Of a page: both in the soak, one after the other every day. */
const viewsOfNext = () => {
  looks += 1;
  return orEveryDay(views, views.slice(looks % 2, (looks % 2) + 1));
};

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const run = `axe.run(document, ${JSON.stringify({ runOnly: { type: 'tag', values: tags } })})`;

/** The buttons in which a word fits only because it is broken: they grow where that is not allowed. */
const brokenButtons = `[...document.querySelectorAll('button, .button')].filter((control) => {
  const { offsetWidth } = control;
  control.style.overflowWrap = 'normal';
  return control.offsetWidth > offsetWidth || control.scrollWidth > control.clientWidth;
}).map((control) => control.textContent)`;

const rareStates = [
  ...['sign_in_limited', 'sign_in_busy', 'select_account_wrong', 'account_empty', 'form_post'],
  ...['error_rate_limited', 'error_internal'],
] as const;

const inWords = ({ id, help, nodes }: Result): readonly string[] => nodes.map(({ html }) => `${id}: ${help}: ${html}`);

/** What axe finds on the page as it stands. What it cannot tell counts too, but for the contrast with the backdrop. */
const findingsOn = async (page: Page): Promise<readonly string[]> => {
  const findings: string[] = [];
  // By the debugger: the page's own policy lets no script in.
  await page.evaluate(axeSource);
  for (const { colorScheme, width, height } of viewsOfNext()) {
    // With motion, axe would see colours that are on their way from one scheme to the other.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height });
    const { violations, incomplete } = (await page.evaluate(run)) as AxeResults;
    const found = [...violations, ...incomplete.filter(({ id }) => id !== 'color-contrast')].flatMap(inWords);
    findings.push(...found.map((words) => `${new URL(page.url()).pathname}, ${colorScheme}, ${width} px: ${words}`));
  }
  return findings;
};

/** A visitor who looks at every page they come to. */
const withInspector = (use: (page: Page, look: () => Promise<void>) => Promise<void>): Promise<void> =>
  withVisitor(scene.browser, {}, async ({ page, expectNoComplaints }) => {
    const findings: string[] = [];
    await use(page, async () => {
      findings.push(...(await findingsOn(page)));
    });
    expect(findings).toEqual([]);
    expectNoComplaints([scene.server.issuer]);
  });

describeInChromium('axe-core finds nothing to improve, in light and dark, wide and narrow', () => {
  test('on the pages of sign-in and sign-up, right and wrong', () =>
    withInspector(async (page, look) => {
      await page.goto(authorizationUrl());
      await look();
      await typeCredentials(page, scene.ada.username, 'wrong wrong wrong wrong');
      await page.getByRole('alert').waitFor();
      await look();
      await page.getByRole('link', { name: 'Create an account' }).click();
      await look();
      await page.getByLabel('Username').fill('-');
      await page.getByLabel('E-mail address').fill('ada@localhost');
      await page.getByLabel('Name', { exact: true }).fill(' ');
      await page.getByLabel('Password').fill('passwordpassword');
      await button(page, 'Create account').click();
      await page.getByRole('alert').waitFor();
      await look();
    }));

  test('on the pages of consent, and of the choice of an account', () =>
    withInspector(async (page, look) => {
      await page.goto(authorizationUrl({ claims: JSON.stringify({ userinfo: { zoneinfo: null } }) }));
      await typeCredentials(page, scene.ada.username, scene.ada.password);
      await button(page, 'Allow').waitFor();
      await page.getByText('About this application').click();
      await look();
      await page.goto(authorizationUrl({ prompt: 'select_account' }));
      await look();
      await page.getByText('Use another account').click();
      await look();
    }));

  test('on the account page, with sessions, applications, a success and a mistake', () =>
    withInspector(async (page, look) => {
      const access = {
        scope: ['openid', 'profile', 'notes:read'],
        claims: ['zoneinfo'],
        resources: [api],
        resourceScope: [],
      };
      await scene.server.store.saveConsent({
        sub: scene.ada.sub,
        clientId: 'orbit',
        ...access,
        grantedAt: 1_795_408_800,
      });
      await signInToAccount(page, scene.server.issuer, scene.ada);
      await look();
      await page.goto(`${scene.server.issuer}/account?done=consent_withdrawn`);
      await page.getByRole('status').waitFor();
      await look();
      await page.getByLabel('Current password').fill('wrong');
      await page.getByLabel('New password').fill('a long enough password');
      await button(page, 'Change password').click();
      await page.getByRole('alert').waitFor();
      await look();
    }));

  test('on the pages of signing out, and of an error', () =>
    withInspector(async (page, look) => {
      await page.goto(authorizationUrl({ client_id: 'nobody' }));
      await look();
      await signInToAccount(page, scene.server.issuer, scene.ada);
      await page.goto(`${scene.server.issuer}/logout`);
      await look();
      await button(page, 'Sign out').click();
      await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
      await look();
    }));

  test('on the pages in states that are hard to come to', () =>
    withInspector(async (page, look) => {
      const samples = await renderSamples(textsFor(['en'], undefined));
      for (const name of rareStates) {
        // Without its script, which would send the form.
        await page.setContent(samples[name]?.replace(/<script>.*<\/script>/s, '') ?? '');
        expect(await page.title(), name).toContain('Keyturn');
        await look();
      }
    }));
});

describeInChromium('a page of 320 px, or at 400 %, WCAG 2.2 §1.4.10', () => {
  test.each(supportedLocales)('is no wider than that, and no button breaks a word, in %s', (locale) =>
    withVisitor(scene.browser, { javaScriptEnabled: false }, async ({ page }) => {
      await page.setViewportSize({ width: 320, height: 256 });
      const wide: string[] = [];
      for (const [name, markup] of Object.entries(await renderSamples(textsFor([locale], undefined)))) {
        await page.setContent(markup);
        if (((await page.evaluate('document.documentElement.scrollWidth')) as number) > 320) wide.push(name);
        const broken = (await page.evaluate(brokenButtons)) as readonly string[];
        wide.push(...broken.map((words) => `${name}: ${words}`));
      }
      expect(wide).toEqual([]);
    }),
  );
});

describeInChromium('the keyboard alone', () => {
  /** Presses Tab until the focus is on the control of this name. */
  const tabTo = async (page: Page, name: string): Promise<void> => {
    const target = page.getByRole('button', { name, exact: true });
    for (let presses = 0; presses < 12; presses += 1) {
      if (await target.evaluate((control) => control === control.ownerDocument.activeElement)) return;
      await page.keyboard.press('Tab');
    }
    expect.fail(`Tab never comes to ${name}.`);
  };

  test('signs in and consents: the first field has the focus, Tab follows the reading order, Enter sends', () =>
    withVisitor(scene.browser, {}, async ({ page, expectNoComplaints }) => {
      const grace = await scene.server.addPerson('grace');
      await page.goto(authorizationUrl());
      await page.locator('input:focus').waitFor();
      await page.keyboard.type(grace.username);
      await page.keyboard.press('Tab');
      await page.keyboard.type(grace.password);
      await page.keyboard.press('Enter');
      await button(page, 'Allow').waitFor();
      await tabTo(page, 'Deny');
      await page.keyboard.press('Tab');
      const outline = await button(page, 'Allow').evaluate('getComputedStyle(document.activeElement).outlineStyle');
      expect(outline).not.toBe('none');
      await page.keyboard.press('Enter');
      await page.waitForURL(`${scene.application.redirectUri}?**`);
      expect(scene.application.lastAnswer().parameters.get('code')).toMatch(/^[\w-]{43}$/);
      expectNoComplaints([scene.server.issuer, scene.application.origin]);
    }));
});
