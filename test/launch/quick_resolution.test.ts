import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

const hook = pathToFileURL('src/launch/quick_resolution.ts').href;
const ownModule = pathToFileURL('src/cli/run.ts').href;

/** Node asks the hook registered last first, so this one sees what is left for Node to resolve. */
const program = `
import { registerHooks } from 'node:module';
const left = [];
registerHooks({
  resolve: (specifier, context, nextResolve) => {
    left.push([specifier, context.parentURL ?? '']);
    return nextResolve(specifier, context);
  },
});
await import('${hook}');
const { sql, Table } = await import('drizzle-orm');
await import('data:text/javascript,import "${import.meta.resolve('drizzle-orm')}"');
const { sqliteTable, text } = await import('drizzle-orm/sqlite-core');
const again = await import('drizzle-orm');
const { Hono } = await import('hono');
const { decodeJwt } = await import('jose');
const { z } = await import('zod');
const { createProgram } = await import('${ownModule}');
const insideOf = (folder) => left.filter(([specifier, parent]) => specifier.startsWith('.') && parent.includes(folder)).length;
console.log(JSON.stringify({
  inside: ['drizzle-orm', 'hono', 'jose', 'zod'].map((name) => insideOf('/node_modules/' + name + '/')),
  ownInside: insideOf('/src/'),
  outside: left.filter(([specifier]) => specifier === 'drizzle-orm').length,
  same: again.sql === sql && sqliteTable('t', { a: text() }) instanceof Table,
  works: [new Hono(), decodeJwt, z.string(), createProgram].every(Boolean),
}));`;

test("modules are found without Node's reading a package.json for each, and each is there once", () => {
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  expect(JSON.parse(printed)).toEqual({ inside: [0, 0, 0, 0], ownInside: 0, outside: 1, same: true, works: true });
});
