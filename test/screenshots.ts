// `node test/screenshots.ts OUTDIR`: every end-user page as HTML and as pictures (light, dark, phone), for people to look at.
// Drives the chromium that is installed, over its DevTools protocol, since only that takes whole pages.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { textsFor } from '../src/login/texts/catalogue.ts';
import { samplePages } from './login/sample_pages.ts';

interface View {
  readonly name: string;
  readonly scheme: 'light' | 'dark';
  readonly width: number;
  readonly height: number;
  readonly locale: string;
}

const views: readonly View[] = [
  { name: 'light', scheme: 'light', width: 1280, height: 860, locale: 'en' },
  { name: 'dark', scheme: 'dark', width: 1280, height: 860, locale: 'en' },
  { name: 'phone', scheme: 'light', width: 360, height: 740, locale: 'en' },
  { name: 'phone_dark_german', scheme: 'dark', width: 360, height: 740, locale: 'de' },
];

const executables = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

const flags = (profile: string): readonly string[] => [
  ...['--headless', '--remote-debugging-port=0', `--user-data-dir=${profile}`, '--hide-scrollbars', '--disable-gpu'],
  ...['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  // Chromium's sandbox refuses to run as root, which is who runs in a container.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

const devToolsUrlOf = async ({ stderr }: ChildProcess): Promise<string> => {
  if (stderr === null) throw new TypeError('The browser has no stderr to read its address from.');
  for await (const line of createInterface({ input: stderr })) {
    const url = /DevTools listening on (ws:\S+)/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error('Chromium ended before it said where it listens. Start it by hand to see why.');
};

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}
type Waiter = (message: Message) => boolean;

/** One tab: commands out, their results and events in. */
const openTab = async (browserUrl: string) => {
  const socket = new WebSocket(browserUrl);
  const waiters = new Set<Waiter>();
  socket.addEventListener('message', ({ data }) => {
    const message: Message = JSON.parse(String(data));
    for (const waiter of waiters) if (waiter(message)) waiters.delete(waiter);
  });
  await once(socket, 'open');
  let id = 0;
  const waitFor = (isIt: Waiter): Promise<Message> =>
    new Promise((settle) => {
      waiters.add((message) => {
        const found = isIt(message);
        if (found) settle(message);
        return found;
      });
    });
  let sessionId: string | undefined;
  const send = async (method: string, params: object = {}): Promise<Readonly<Record<string, unknown>>> => {
    id += 1;
    const own = id;
    const answered = waitFor((message) => message.id === own);
    socket.send(JSON.stringify({ id: own, method, params, ...(sessionId !== undefined && { sessionId }) }));
    const { result, error } = await answered;
    if (result === undefined) throw new Error(`${method}: ${error?.message}`);
    return result;
  };
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  ({ sessionId } = (await send('Target.attachToTarget', { targetId, flatten: true })) as { sessionId: string });
  await send('Page.enable');
  // The page that posts itself would leave before it is seen; and every page must look right without script.
  await send('Emulation.setScriptExecutionDisabled', { value: true });
  return { send, loaded: () => waitFor(({ method }) => method === 'Page.loadEventFired'), close: () => socket.close() };
};
type Tab = Awaited<ReturnType<typeof openTab>>;

const lookThrough = async ({ send }: Tab, { width, height, scheme }: View): Promise<void> => {
  await send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 500 });
  await send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
};

const picture = async ({ send, loaded }: Tab, url: string, { width, height }: View): Promise<Buffer> => {
  const done = loaded();
  await send('Page.navigate', { url });
  await done;
  const { cssContentSize } = (await send('Page.getLayoutMetrics')) as {
    cssContentSize: { height: number; width: number };
  };
  if (cssContentSize.width > width) throw new Error(`${url} is ${cssContentSize.width} px wide in ${width} px.`);
  const clip = { x: 0, y: 0, width, height: Math.max(height, cssContentSize.height), scale: 1 };
  const { data } = await send('Page.captureScreenshot', { clip, captureBeyondViewport: true });
  return Buffer.from(String(data), 'base64');
};

const takeView = async (tab: Tab, view: View, directory: string): Promise<number> => {
  const pages = Object.entries(samplePages(textsFor([view.locale], undefined)));
  await lookThrough(tab, view);
  for (const [name, markup] of pages) {
    const file = join(directory, `${name}.${view.locale}.html`);
    await writeFile(file, String(await markup));
    await writeFile(join(directory, `${name}.${view.name}.png`), await picture(tab, pathToFileURL(file).href, view));
  }
  return pages.length;
};

const run = async (directory: string): Promise<void> => {
  const executable = executables.find(existsSync);
  if (executable === undefined)
    throw new Error(
      `No Chromium at ${executables.join(', ')}. Install one (Debian, Ubuntu: apt-get install chromium).`,
    );
  await mkdir(directory, { recursive: true });
  const profile = await mkdtemp(join(tmpdir(), 'keyturn-screenshots-'));
  const browser = spawn(executable, flags(profile), { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(browser, 'exit');
  try {
    const tab = await openTab(await devToolsUrlOf(browser));
    for (const view of views) console.log(`${view.name}: ${await takeView(tab, view, directory)} pages`);
    tab.close();
  } finally {
    browser.kill();
    await ended;
    // Nobody has read it since it said where it listens, and so it never ends by itself.
    browser.stderr.destroy();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
  console.log(`The pictures are in ${directory}`);
};

const [, , directory] = process.argv;
if (directory === undefined) throw new TypeError('Say where the pictures go: node test/screenshots.ts OUTDIR');
await run(resolve(directory));
