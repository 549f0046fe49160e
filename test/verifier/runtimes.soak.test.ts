// The packed verifier in the real Bun and the real Deno, which npm brings into a temporary folder (200 MB): keys over HTTP,
// good tokens, each kind of bad one, the middleware, and the key set kept in a file. Workers: other_runtimes.test.ts.
import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeFolder } from '../running_server.ts';
import { hangingFeed } from './hanging_feed.ts';
import { quiet } from './plain_nodes.ts';
import { audience, goodClaims, issuer, jwkSet, makeKey, makeToken } from './signed_tokens.ts';

const installMilliseconds = 600_000;
const runMilliseconds = 60_000;

const processors = {
  x64: { bun: '@oven/bun-linux-x64', deno: '@deno/linux-x64-glibc' },
  arm64: { bun: '@oven/bun-linux-aarch64', deno: '@deno/linux-arm64-glibc' },
};
const packages = processors[process.arch === 'arm64' ? 'arm64' : 'x64'];
const versions = { bun: '1.4.5', deno: '2.9.6' };
const commands = {
  bun: ['bin/bun', 'run', 'service.mjs'],
  deno: [
    ...['deno', 'run', '--quiet', '--no-prompt', '--v8-flags=--expose-gc'],
    ...['--allow-net', '--allow-read', '--allow-write', 'service.mjs'],
  ],
};
type Runtime = keyof typeof commands;

const project = makeFolder();
let server: Server;
let requests = 0;
const keys = [makeKey('ES256'), makeKey('RS256')];

const program = (url: string, good: readonly string[], bad: readonly string[]): string => `
  import { createVerifier, keySetFile, keysFromUrl } from '@keyturn/verifier';
  import { requireToken } from '@keyturn/verifier/fetch';
  const kept = process.argv.at(-1);
  const verifierOn = (url) => createVerifier({
    issuer: '${issuer}', audience: '${audience}', keys: keysFromUrl(url, { store: keySetFile(kept) }), rememberTokens: 10,
  });
  const codeOf = (verified) => verified.then(({ sub }) => sub, (error) => error.code);
  const verifier = verifierOn('${url}');
  const told = { runtime: globalThis.Bun ? 'bun' : globalThis.Deno ? 'deno' : 'another', good: [], bad: [] };
  for (const token of ${JSON.stringify(good)}) told.good.push(await codeOf(verifier.verify(token)), await codeOf(verifier.verify(token)));
  for (const token of ${JSON.stringify(bad)}) told.bad.push(await codeOf(verifier.verify(token)));
  const handler = requireToken(verifier)((request, { claims }) => new Response(claims.sub));
  const ask = (authorization) => handler(new Request('https://api.example.com/', { headers: { authorization } }));
  told.answered = await (await ask('Bearer ${good[0]}')).text();
  told.refused = [(await ask('Bearer ${bad[0]}')).status, (await ask('Bearer ${bad[0]}')).headers.get('www-authenticate')];
  console.log(JSON.stringify(told));`;

/** What becomes of a token whose key is not on its curve. */
const offCurve = (token: string): string => `
  import { createVerifier as create, keysFromIssuer } from '@keyturn/verifier';
  const [key] = ${JSON.stringify(jwkSet(...keys).keys)};
  const published = JSON.stringify({ keys: [{ ...key, y: key.x }] });
  const verifier = create({ issuer: '${issuer}', audience: '${audience}', keys: keysFromIssuer(() => published) });
  console.log(await verifier.verify('${token}').catch(({ code }) => code));`;

beforeAll(async () => {
  server = createServer((_, response) => {
    requests += 1;
    response.writeHead(200, { 'content-type': 'application/jwk-set+json', 'cache-control': 'max-age=300' });
    response.end(JSON.stringify(jwkSet(...keys)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  execFileSync(process.execPath, ['packaging/verifier.ts', '--pack-destination', project], quiet);
  const tarball = readdirSync(project).find((name) => name.endsWith('.tgz')) ?? '';
  writeFileSync(join(project, 'package.json'), '{"type":"module"}');
  const wanted = (Object.keys(packages) as Runtime[]).map((runtime) => `${packages[runtime]}@${versions[runtime]}`);
  const install = ['install', '--no-audit', '--no-fund', '--ignore-scripts', join(project, tarball), ...wanted];
  execFileSync('npm', install, { ...quiet, cwd: project });
}, installMilliseconds);

afterAll(() => {
  server.close();
});

describe.each(Object.keys(commands) as Runtime[])('in the real %s', (runtime) => {
  test(
    'good tokens verify, bad ones are refused for their reason, and the key set is kept in a file',
    async () => {
      const now = Math.floor(Date.now() / 1000);
      const [key] = keys as [(typeof keys)[0]];
      const times = { iat: now, exp: now + 600 };
      const good = keys.map((signing) => makeToken(signing, times));
      const bad = [
        makeToken(makeKey('ES256', key.kid), times),
        makeToken(key, { iat: now - 700, exp: now - 60 }),
        makeToken(key, { ...times, aud: 'https://other.example.com' }),
        makeToken(makeKey('ES256'), times),
        `${good[0]}=`,
      ];
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
      writeFileSync(join(project, 'service.mjs'), program(url, good, bad));
      const [binary = '', ...args] = commands[runtime];
      const executable = join(project, 'node_modules', packages[runtime], binary);
      const kept = join(project, `${runtime}_keys.json`);
      const before = requests;
      const { stdout } = await promisify(execFile)(executable, [...args, kept], { cwd: project });
      expect(JSON.parse(stdout)).toEqual({
        runtime,
        good: good.flatMap(() => [goodClaims.sub, goodClaims.sub]),
        bad: ['signature_invalid', 'token_expired', 'audience_mismatch', 'key_unknown', 'token_malformed'],
        answered: goodClaims.sub,
        refused: [401, expect.stringContaining('error="invalid_token"')],
      });
      // Once at first, and once for the kid that nobody knows.
      expect(requests - before).toBeLessThanOrEqual(2);
      expect(readdirSync(project)).toContain(`${runtime}_keys.json`);
    },
    runMilliseconds,
  );

  test(
    'a feed that hangs is given up, whatever garbage was collected meanwhile, and a point off the curve is no key',
    async () => {
      const now = Math.floor(Date.now() / 1000);
      const [key] = keys as [(typeof keys)[0]];
      const [published] = jwkSet(...keys).keys;
      const token = makeToken(key, { iat: now, exp: now + 600 });
      const service = offCurve(token) + hangingFeed('@keyturn/verifier', published);
      writeFileSync(join(project, 'service.mjs'), service);
      const [binary = '', ...args] = commands[runtime];
      const executable = join(project, 'node_modules', packages[runtime], binary);
      const { stdout } = await promisify(execFile)(executable, args, { cwd: project });
      expect(stdout).toBe('key_unknown\nasked again\n');
    },
    runMilliseconds,
  );
});
