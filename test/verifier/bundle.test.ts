import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';

const mostBytes = 25_000;
/** With both ways to follow what is revoked, and every place a key set may be kept. */
const mostBytesOfAll = 36_000;

/** What a service's own bundler makes of an import, for Workers and browsers. */
const bundle = async (contents: string) => {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: '.' },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    platform: 'neutral',
    mainFields: ['module', 'main'],
    format: 'esm',
    logLevel: 'silent',
  });
  return { bytes: outputFiles[0]?.contents.length ?? 0, inputs: Object.keys(metafile.inputs) };
};

const everything = await bundle("export * from './src/verifier/exports.ts';");
const usual = await bundle("export { createVerifier } from './src/verifier/exports.ts';");

describe('the verifier in a bundle', () => {
  test(`is ${usual.bytes} bytes minified, ${everything.bytes} with all there is`, () => {
    expect(usual.bytes).toBeLessThan(mostBytes);
    expect(everything.bytes).toBeLessThan(mostBytesOfAll);
  });

  test('holds its own folder and nothing else', () => {
    const strangers = everything.inputs.filter((input) => !/^src\/verifier\/|^<stdin>$/.test(input));
    expect(strangers).toEqual([]);
  });
});
