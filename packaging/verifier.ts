// `npm run pack:verifier`: a package of the verifier alone, for services, which need nothing of the issuer. What is in it
// is said here, its version in package.json.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const name = '@keyturn/verifier';
const entries = {
  '.': 'exports',
  './hono': 'hono',
  './express': 'express',
  './fastify': 'fastify',
  './fetch': 'fetch',
};

const { version, license } = JSON.parse(readFileSync('package.json', 'utf8'));

const manifest = {
  name,
  version,
  description:
    'Verifies access tokens and ID tokens offline, with the keys that their issuer publishes. No dependencies.',
  license,
  type: 'module',
  sideEffects: false,
  engines: { node: '>=20.16.0' },
  exports: {
    ...Object.fromEntries(
      Object.entries(entries).map(([path, file]) => [
        path,
        { types: `./dist/${file}.d.ts`, default: `./dist/${file}.js` },
      ]),
    ),
    './package.json': './package.json',
  },
  // For what does not read exports: TypeScript's moduleResolution node10, as NestJS 10 has it, and older bundlers.
  main: './dist/exports.js',
  types: './dist/exports.d.ts',
  typesVersions: {
    '*': Object.fromEntries(
      Object.entries(entries)
        .filter(([path]) => path !== '.')
        .map(([path, file]) => [path.slice('./'.length), [`./dist/${file}.d.ts`]]),
    ),
  },
  files: ['dist/'],
};

const readme = `# ${name}

\`\`\`js
import { createVerifier } from '${name}';

const verifier = createVerifier({ issuer: 'https://id.example.com', audience: 'https://api.example.com' });
const claims = await verifier.verify(token);
\`\`\`

Middleware is in \`${name}/hono\`, \`/express\`, \`/fastify\` and \`/fetch\`. Its documentation is Keyturn's
docs/verifying-offline.md, where it is called \`keyturn/verifier\`.
`;

const folder = mkdtempSync(join(tmpdir(), 'keyturn-verifier-'));
try {
  const output = ['--rootDir', 'src/verifier', '--outDir', join(folder, 'dist')];
  execFileSync(resolve('node_modules/.bin/tsc'), ['-p', 'tsconfig.verifier.json', ...output], { stdio: 'inherit' });
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  writeFileSync(join(folder, 'README.md'), readme);
  copyFileSync('LICENSE', join(folder, 'LICENSE'));
  execFileSync('npm', ['pack', folder, ...process.argv.slice(2)], { stdio: 'inherit' });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
