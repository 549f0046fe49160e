// The Chromium that is installed, headless, and one line to find out why when there is none.
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { describe } from 'vitest';

/** First the one without windows and toolbars: the same engine for a quarter of the time. */
const executables = [
  ...['/usr/bin/chromium-headless-shell', '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
];
const executablePath = executables.find((path) => existsSync(path));
const missing = `there is no Chromium at ${executables.join(', ')}; on Debian or Ubuntu: apt-get install chromium-headless-shell`;

if (executablePath === undefined) console.warn(`BROWSER TESTS ARE SKIPPED: ${missing}`);

/** `describe`, or skipped with the reason in its name. */
export const describeInChromium = (name: string, tests: () => void): void => {
  if (executablePath === undefined) describe.skip(`${name} (skipped: ${missing})`, tests);
  else describe(name, tests);
};

const flags = [
  ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
];

/** Starts it with a profile of its own. @returns undefined where there is none, and its tests are skipped. */
export const launchChromium = async (): Promise<Browser | undefined> => {
  if (executablePath === undefined) return undefined;
  // Chromium's sandbox refuses to run as root, which is who runs in a container.
  return chromium.launch({ executablePath, args: flags, chromiumSandbox: process.getuid?.() !== 0 });
};
