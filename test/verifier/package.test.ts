// The package as a stranger gets it: packed, unpacked in another project, run by plain Node, checked by the compiler.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeFolder, processTestMilliseconds } from '../running_server.ts';
import { hangingFeed } from './hanging_feed.ts';
import { nodes, quiet } from './plain_nodes.ts';
import { audience, goodClaims, issuer, jwkSet, makeKey, makeToken } from './signed_tokens.ts';

const project = makeFolder();

const modules = join(project, 'node_modules');
const installed = join(modules, 'keyturn');

beforeAll(() => {
  mkdirSync(installed, { recursive: true });
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', project], quiet);
  const [{ filename }] = JSON.parse(packed.slice(packed.indexOf('['))) as [{ filename: string }];
  execFileSync('tar', ['-xzf', join(project, filename), '-C', installed, '--strip-components=1'], quiet);
  writeFileSync(join(project, 'package.json'), '{"type":"module"}');
}, processTestMilliseconds);

const keys = [makeKey('ES256'), makeKey('RS256')];
const later = Math.floor(Date.now() / 1000);
const tokens = keys.map((key) => makeToken(key, { iat: later, exp: later + 600 }));

describe('the package', () => {
  test.each(nodes)('verifies under %s, with nothing installed beside it', (node) => {
    const service = `
      import { createVerifier, keysFromSet } from 'keyturn/verifier';
      const verifier = createVerifier({ issuer: '${issuer}', audience: '${audience}', keys: keysFromSet(${JSON.stringify(jwkSet(...keys))}) });
      for (const token of ${JSON.stringify(tokens)}) console.log((await verifier.verify(token)).sub);
      await verifier.verify('x').catch((error) => console.log(error.code));`;
    writeFileSync(join(project, 'service.js'), service);
    const printed = execFileSync(node, ['service.js'], { ...quiet, cwd: project });
    expect(printed.trim().split('\n')).toEqual([goodClaims.sub, goodClaims.sub, 'token_malformed']);
  });

  test.each(nodes)('a feed that hangs is given up under %s, whatever garbage was collected meanwhile', (node) => {
    const [key] = jwkSet(...keys).keys;
    writeFileSync(join(project, 'service.js'), hangingFeed('keyturn/verifier', key));
    expect(execFileSync(node, ['--expose-gc', 'service.js'], { ...quiet, cwd: project })).toBe('asked again\n');
  });

  test('its types say what may be given and what comes back, with no types of Node about', () => {
    const service = `
      import { type AccessTokenClaims, createVerifier, keysFromUrl, TokenError, type Verifier } from 'keyturn/verifier';
      const verifier: Verifier = createVerifier({ issuer: 'https://id.example.com', audience: ['a', 'b'], algorithms: ['ES256'] });
      const claims: AccessTokenClaims = await verifier.verify('token');
      export const scope: string | undefined = claims.scope;
      export const client: string = claims.client_id;
      export const roles: unknown = claims['roles'];
      export const codeOf = (error: unknown) => (error instanceof TokenError && error.code === 'token_expired' ? error.retryable : undefined);
      keysFromUrl('https://id.example.com/jwks', { fetch: (url, init) => fetch(url, init) });
      await verifier.verifyIdToken('token', { nonce: 'n', maxAgeSeconds: 60 });
      // @ts-expect-error An audience is not optional.
      createVerifier({ issuer: 'https://id.example.com' });
      // @ts-expect-error Not an algorithm that is verified.
      createVerifier({ issuer: 'https://id.example.com', audience: 'a', algorithms: ['none'] });
      // @ts-expect-error A misspelt option is no option.
      createVerifier({ issuer: 'https://id.example.com', audience: 'a', clockTolerance: 5 });
      // @ts-expect-error Claims are not to be changed.
      claims.sub = 'other';
      // @ts-expect-error Whatever was not checked has no type.
      export const role: string[] = claims['roles'];
      // @ts-expect-error There is no such code.
      export const wrong = (error: TokenError) => error.code === 'expired';
      // @ts-expect-error A token is a string.
      await verifier.verify(undefined);`;
    writeFileSync(join(project, 'service.ts'), service);
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2022',
      lib: ['es2022', 'webworker'],
      types: [],
      strict: true,
      noEmit: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
    };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['service.ts'] }));
    const compiler = resolve('node_modules/.bin/tsc');
    const outcome = () => execFileSync(compiler, ['-p', project], { ...quiet, cwd: project });
    expect(outcome()).toBe('');
  });

  test('every entry that its exports name is in it, built, with its types', () => {
    const names = ['.', '/hono', '/express', '/fastify', '/fetch'].map((name) =>
      name === '.' ? 'exports' : name.slice(1),
    );
    for (const name of names)
      for (const extension of ['js', 'd.ts'])
        expect(existsSync(join(installed, `dist/verifier/${name}.${extension}`))).toBe(true);
  });
});
