// A person at a browser of their own: a fresh context, the pages they walk, and what the browser complained of meanwhile.
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { orEveryDay } from '../every_day.ts';
import type { Person } from '../issuer_records.ts';

export interface VisitorOptions {
  readonly javaScriptEnabled?: boolean;
  readonly colorScheme?: 'light' | 'dark';
}

export const bothModes = [
  { name: 'with JavaScript', javaScriptEnabled: true },
  { name: 'without JavaScript', javaScriptEnabled: false },
] as const;

/** One page alone has a script, of form_post: the others are walked without JavaScript in the soak. */
export const modes = orEveryDay(bothModes, bothModes.slice(0, 1));

export interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Fails unless the console stayed empty, no policy was violated, and nothing was loaded from anywhere but `origins`. */
  expectNoComplaints(origins: readonly string[]): void;
}

/** Chromium also writes the status of a page itself to the console, which is no complaint of the page's. */
const ownStatus = /^Failed to load resource: the server responded with a status of (400|401|403|429) /;

/** Far more than anything takes, for machines that are busy with other things. */
const waitMilliseconds = 60_000;

/** Opens a context, lets it be used, closes it. */
export const withVisitor = async (
  browser: Browser | undefined,
  options: VisitorOptions,
  use: (visitor: Visitor) => Promise<void>,
): Promise<void> => {
  const context = (await browser?.newContext({ ...options, locale: 'en-GB' })) ?? expect.fail('There is no browser.');
  context.setDefaultTimeout(waitMilliseconds);
  const complaints: string[] = [];
  const origins = new Set<string>();
  context.on('console', (message) => {
    const isOwn = ownStatus.test(message.text()) && message.location().url === message.page()?.url();
    if (['error', 'warning'].includes(message.type()) && !isOwn) complaints.push(message.text());
  });
  context.on('weberror', (error) => complaints.push(error.error().message));
  context.on('request', (request) => origins.add(new URL(request.url()).origin));
  const page = await context.newPage();
  try {
    await use({
      page,
      context,
      expectNoComplaints: (allowed) => {
        expect(complaints).toEqual([]);
        expect(allowed).toEqual(expect.arrayContaining([...origins]));
      },
    });
  } finally {
    await context.close();
  }
};

export const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true });

export const typeCredentials = async (page: Page, login: string, password: string): Promise<void> => {
  await page.getByLabel('Username or e-mail address').fill(login);
  await page.getByLabel('Password').fill(password);
  await button(page, 'Sign in').click();
};

/** Signs in where the account page asks for it. */
export const signInToAccount = async (page: Page, issuer: string, { username, password }: Person): Promise<void> => {
  await page.goto(`${issuer}/account`);
  await typeCredentials(page, username, password);
  await page.waitForURL(`${issuer}/account`);
};
