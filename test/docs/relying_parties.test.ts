// The program of docs/relying-parties.md, as it stands there: set up, started, and signed in to.
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../free_port.ts';
import { createEndUser } from '../relying_parties/end_user.ts';
import {
  environmentFor,
  makeFolder,
  outcomeOf,
  processTestMilliseconds,
  type RunningServer,
  runCli,
  start,
  startServer,
  until,
} from '../running_server.ts';
import { type FencedBlock, fencedBlocksOf, wordOf } from './fenced_blocks.ts';
import { prelude } from './page_session.ts';

const packages = fileURLToPath(new URL('../../node_modules', import.meta.url));
const blocks = fencedBlocksOf(readFileSync('docs/relying-parties.md', 'utf8'));
const folder = makeFolder();
let server: RunningServer;
let shop: string;

const blockWith = (wanted: (block: FencedBlock) => boolean): FencedBlock => {
  const block = blocks.find(wanted);
  if (block === undefined) throw new Error('The page has no such block any more.');
  return block;
};

const answering = async (url: string): Promise<true | undefined> =>
  fetch(url).then(
    () => true,
    () => undefined,
  );

beforeAll(async () => {
  server = await startServer(folder);
  const port = await freePort();
  shop = `http://localhost:${port}`;
  const rewrite = (text: string): string =>
    text.replaceAll('http://localhost:3000', server.url).replaceAll('8080', `${port}`);
  const setUp = prelude + rewrite(blockWith(({ words }) => words.includes('run')).text);
  const { code, stderr } = await outcomeOf(
    start('bash', ['-c', setUp], folder, environmentFor(folder, { KEYTURN_ISSUER: server.issuer })),
  );
  expect(code, stderr).toBe(0);
  symlinkSync(packages, join(folder, 'node_modules'));
  writeFileSync(join(folder, 'shop.mjs'), rewrite(blockWith((block) => wordOf(block, 'file') === 'shop.mjs').text));
  start(process.execPath, ['shop.mjs'], folder, {});
  await until('the shop answers', () => answering(shop));
}, processTestMilliseconds);

afterAll(async () => {
  await server.stop();
}, processTestMilliseconds);

describe('docs/relying-parties.md', () => {
  test('the program signs ada in, knows who she is, and signs her out', {
    timeout: processTestMilliseconds,
  }, async () => {
    const ada = createEndUser(server.url, { username: 'ada', password: 'twelve purple giraffes' });
    const { body: before } = await ada.open(shop, {}, [shop]);
    expect(before).toContain('Sign in');
    const signedIn = await ada.open(`${shop}/login`, {}, [shop]);
    expect(signedIn.pages).toEqual(['/login', '/consent']);
    const { stdout } = await runCli(['users', 'show', 'ada', '--json'], folder, { KEYTURN_ISSUER: server.issuer });
    const { sub } = JSON.parse(stdout) as { readonly sub: string };
    expect([signedIn.url.href, signedIn.body]).toEqual([`${shop}/`, expect.stringContaining(`Hello, ${sub}.`)]);
    const signedOut = await ada.open(`${shop}/logout`, {}, [shop]);
    expect([signedOut.url.href, signedOut.body]).toEqual([`${shop}/`, before]);
    expect((await ada.open(`${shop}/login`, {}, [shop])).pages).toEqual(['/login']);
  });

  test('an answer that was made up, or refused, signs nobody in, and the program goes on', {
    timeout: processTestMilliseconds,
  }, async () => {
    const eve = createEndUser(server.url, { username: 'ada', password: 'twelve purple giraffes' });
    for (const query of [
      '?code=stolen&state=x',
      `?code=x&iss=${encodeURIComponent(server.url)}`,
      '?error=access_denied',
      '',
    ])
      expect((await eve.open(`${shop}/callback${query}`, {}, [shop])).body).toContain('That did not work');
    expect((await eve.open(shop, {}, [shop])).body).toContain('Sign in');
  });
});
