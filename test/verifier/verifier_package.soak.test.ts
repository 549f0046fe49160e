// The package of the verifier alone, as a service gets it: packed, installed by npm with no network, run by plain Node.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeFolder, processTestMilliseconds } from '../running_server.ts';
import { nodes, quiet } from './plain_nodes.ts';
import { audience, goodClaims, issuer, jwkSet, makeKey, makeToken } from './signed_tokens.ts';

const project = makeFolder();
const packed = makeFolder();

const entries = ['', '/hono', '/express', '/fastify', '/fetch'].map((path) => `@keyturn/verifier${path}`);

beforeAll(() => {
  execFileSync(process.execPath, ['packaging/verifier.ts', '--pack-destination', packed], quiet);
  const [tarball = ''] = readdirSync(packed);
  expect(tarball).toMatch(/^keyturn-verifier-\d+\.\d+\.\d+\.tgz$/);
  writeFileSync(join(project, 'package.json'), '{"type":"module"}');
  const install = ['install', '--offline', '--no-audit', '--no-fund', join(packed, tarball)];
  execFileSync('npm', install, { ...quiet, cwd: project });
}, processTestMilliseconds);

const keys = [makeKey('ES256'), makeKey('RS256')];
const later = Math.floor(Date.now() / 1000);
const tokens = keys.map((key) => makeToken(key, { iat: later, exp: later + 600 }));

describe('the package of the verifier alone', () => {
  test('brings nothing along', () => {
    const modules = join(project, 'node_modules');
    expect(readdirSync(modules).filter((name) => !name.startsWith('.'))).toEqual(['@keyturn']);
    expect(readdirSync(join(modules, '@keyturn'))).toEqual(['verifier']);
    expect(readdirSync(join(modules, '@keyturn/verifier')).sort()).toEqual([
      'LICENSE',
      'README.md',
      'dist',
      'package.json',
    ]);
  });

  test('has the version of the issuer it belongs to', () => {
    const versionOf = (path: string) => JSON.parse(readFileSync(path, 'utf8')).version;
    expect(versionOf(join(project, 'node_modules/@keyturn/verifier/package.json'))).toBe(versionOf('package.json'));
  });

  test.each(nodes)('verifies under %s, and every entry loads', (node) => {
    const service = `
      import { createVerifier, keysFromSet } from '@keyturn/verifier';
      const verifier = createVerifier({ issuer: '${issuer}', audience: '${audience}', keys: keysFromSet(${JSON.stringify(jwkSet(...keys))}) });
      for (const token of ${JSON.stringify(tokens)}) console.log((await verifier.verify(token)).sub);
      await verifier.verify('x').catch((error) => console.log(error.code));
      for (const entry of ${JSON.stringify(entries)}) console.log(Object.keys(await import(entry)).length > 0);`;
    writeFileSync(join(project, 'service.js'), service);
    const printed = execFileSync(node, ['service.js'], { ...quiet, cwd: project });
    expect(printed.trim().split('\n')).toEqual([
      ...[goodClaims.sub, goodClaims.sub, 'token_malformed'],
      ...entries.map(() => 'true'),
    ]);
  });

  test('what does not read exports is led to the same files', () => {
    const manifest = JSON.parse(readFileSync(join(project, 'node_modules/@keyturn/verifier/package.json'), 'utf8'));
    const { main, types, typesVersions, exports } = manifest;
    expect(exports['.']).toEqual({ types, default: main });
    const found = Object.entries<string[]>(typesVersions['*']).map(([name, [file]]) => [`./${name}`, file]);
    const paths = Object.keys(exports).filter((path) => path !== '.' && path !== './package.json');
    expect(found).toEqual(paths.map((path) => [path, exports[path].types]));
  });

  test('its types are found', () => {
    const service = `
      import { type AccessTokenClaims, createVerifier } from '@keyturn/verifier';
      import { requireToken } from '@keyturn/verifier/fetch';
      const verifier = createVerifier({ issuer: 'https://id.example.com', audience: 'a' });
      export const claims: AccessTokenClaims = await verifier.verify('token');
      export const handler = requireToken(verifier)((request, { claims: { sub } }) => new Response(request.url + sub));
      // @ts-expect-error An audience is not optional.
      createVerifier({ issuer: 'https://id.example.com' });`;
    writeFileSync(join(project, 'service.ts'), service);
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2022',
      lib: ['es2022', 'webworker'],
      types: [],
      strict: true,
    };
    const options = { compilerOptions: { ...compilerOptions, noEmit: true }, files: ['service.ts'] };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(options));
    expect(execFileSync(resolve('node_modules/.bin/tsc'), ['-p', project], { ...quiet, cwd: project })).toBe('');
  });
});
