import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { createArgon2Wasm } from '../../src/adapters/argon2_wasm.ts';
import { nodeRsPasswordHasher } from '../../src/adapters/node_rs_password_hasher.ts';
import { describePasswordHasher, passwords } from '../contracts/password_hasher.ts';
import { broughtHashes } from '../worker/brought_hashes.ts';

/** Node has it, though its types do not say so. */
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object) => never;
  };
};

const bytes = readFileSync(createRequire(import.meta.url).resolve('@phi-ag/argon2/argon2.wasm'));
const hasher = createArgon2Wasm(new WebAssembly.Instance(new WebAssembly.Module(bytes)));

describePasswordHasher('argon2 as WebAssembly, in Node', hasher, await broughtHashes());
describePasswordHasher('@node-rs/argon2', nodeRsPasswordHasher, []);

describe('a hash made in WebAssembly', () => {
  test.each(passwords)('is verified on Node: %s', async (password) => {
    const made = await hasher.hash(password);
    expect(await nodeRsPasswordHasher.verify(made, password)).toBe(true);
    expect(await nodeRsPasswordHasher.verify(made, password.slice(0, -2))).toBe(false);
  });

  test('T107: more memory than half of an isolate has is not asked for', async () => {
    const large = `$argon2id$v=19$m=65537,t=1,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;
    expect([hasher.accepts(large), nodeRsPasswordHasher.accepts(large)]).toEqual([false, true]);
    expect(await hasher.verify(large, 'some password')).toBe(false);
  });
});
