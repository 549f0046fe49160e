import { CompactEncrypt, decodeProtectedHeader, type JWK } from 'jose';
import { describe, expect, test } from 'vitest';
import { createJoseKeyVault, parseKekRing } from '../../src/adapters/jose_key_vault.ts';
import { OperatorError } from '../../src/errors.ts';
import { KeyVaultError, type WrappingContext } from '../../src/seams/key_vault.ts';
import { makeKekRing } from '../test_provider.ts';

const context: WrappingContext = { issuer: 'https://id.example.com', kid: 'kid-1', alg: 'ES256', slot: 3 };
const privateJwk: JWK = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'the-private-part', kid: 'kid-1', alg: 'ES256' };

type Keks = readonly { readonly kid: string; readonly k: string }[];
const keksOf = (ring: string): Keks => JSON.parse(ring).keys;
const vaultOf = (...rings: readonly string[]) =>
  createJoseKeyVault(parseKekRing(JSON.stringify({ keys: rings.flatMap(keksOf) }), 'a test'));

const [oldKek, newKek] = [makeKekRing('kek-old'), makeKekRing('kek-new')];
const vault = vaultOf(oldKek);

const errorOf = async (unwrapping: Promise<unknown>): Promise<Error> => {
  const thrown = await unwrapping.then(
    () => new Error('it opened'),
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(KeyVaultError);
  return thrown as Error;
};

describe('wrapping, RFC 7516 §7.1', () => {
  test('gives back what was wrapped, and nothing of it stands in the clear', async () => {
    const jwe = await vault.wrap(privateJwk, context);
    expect(await vault.unwrap(jwe, context)).toEqual(privateJwk);
    const clear = jwe.split('.').map((segment) => Buffer.from(segment, 'base64url').toString('latin1'));
    for (const text of [jwe, ...clear]) expect(text).not.toContain('the-private-part');
  });

  test('binds the key to its place in the protected header, which is the AAD', async () => {
    expect(decodeProtectedHeader(await vault.wrap(privateJwk, context))).toMatchObject({
      alg: 'A256GCMKW',
      enc: 'A256GCM',
      kid: 'kek-old',
      iss: 'https://id.example.com',
      key_kid: 'kid-1',
      key_alg: 'ES256',
      slot: 3,
    });
  });

  test('never makes the same ciphertext twice', async () => {
    expect(await vault.wrap(privateJwk, context)).not.toBe(await vault.wrap(privateJwk, context));
  });
});

describe('a ciphertext in another place does not open', () => {
  test.each([
    ['iss', { issuer: 'https://other.example.com' }, 'Set KEYTURN_ISSUER to the issuer this database belongs to'],
    ['key_kid', { kid: 'kid-2' }, 'Its row was altered'],
    ['key_alg', { alg: 'RS256' as const }, 'Its row was altered'],
    ['slot', { slot: 4 }, 'Its row was altered'],
  ])('%s differs', async (member, change, advice) => {
    const jwe = await vault.wrap(privateJwk, context);
    const { message } = await errorOf(vault.unwrap(jwe, { ...context, ...change }));
    expect(message).toContain(`is bound to ${member} `);
    expect(message).toContain(advice);
  });

  test('nor does one whose header was rewritten to fit: the header is authenticated', async () => {
    const jwe = await vault.wrap(privateJwk, context);
    const moved = { ...decodeProtectedHeader(jwe), slot: 4 };
    const forged = [Buffer.from(JSON.stringify(moved)).toString('base64url'), ...jwe.split('.').slice(1)].join('.');
    const { message } = await errorOf(vault.unwrap(forged, { ...context, slot: 4 }));
    expect(message).toContain('does not open');
  });
});

describe('a ring of several KEKs', () => {
  test('wraps with the first and opens with any', async () => {
    const before = await vault.wrap(privateJwk, context);
    const both = vaultOf(newKek, oldKek);
    expect([both.wrappingKid, both.wrappedWith(before)]).toEqual(['kek-new', 'kek-old']);
    expect(both.wrappedWith(await both.wrap(privateJwk, context))).toBe('kek-new');
    expect(await both.unwrap(before, context)).toEqual(privateJwk);
  });

  test('does not open what was wrapped with a KEK it has not: both are named, and what to do', async () => {
    const jwe = await vaultOf(newKek).wrap(privateJwk, context);
    const { message } = await errorOf(vault.unwrap(jwe, context));
    expect(message).toMatch(/key kek-new, which is not in the ring \(it has kek-old\)\. Put that key back/);
  });

  test('does not open with other bytes under the same kid', async () => {
    const jwe = await vault.wrap(privateJwk, context);
    const { message } = await errorOf(vaultOf(makeKekRing('kek-old')).unwrap(jwe, context));
    expect(message).toContain('that entry of the ring is not the key it was wrapped with, or the row is damaged');
  });
});

describe('a ciphertext that was tampered with', () => {
  test('does not open, whichever of its five segments lost a bit', async () => {
    const segments = (await vault.wrap(privateJwk, context)).split('.');
    expect(segments.length).toBe(5);
    for (const [place, segment] of segments.entries()) {
      const bytes = Buffer.from(segment, 'base64url');
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      const tampered = segments.with(place, bytes.toString('base64url')).join('.');
      await errorOf(vault.unwrap(tampered, context));
    }
  });

  test.each(['', 'nothing', '.', '....', 'e30', 'a.b.c.d.e', 'bnVsbA....', 'W10....', '\u{1f511}'])(
    'is an error for the operator when %j is what is left of it',
    async (jwe) => {
      const { message } = await errorOf(vault.unwrap(jwe, context));
      expect(message).toMatch(/Restore|Put that key back/);
    },
  );

  test('and cannot be asked for its KEK either', () => {
    expect(() => vault.wrappedWith('nothing')).toThrow(KeyVaultError);
  });

  test.each([
    ['dir', 'A256GCM'],
    ['A256GCMKW', 'A256CBC-HS512'],
    ['A256KW', 'A256GCM'],
  ])('does not open by other algorithms than ours, though the KEK is right: %s with %s', async (alg, enc) => {
    const kek = Buffer.from(keksOf(oldKek)[0]?.k ?? '', 'base64url');
    const { issuer, kid, slot } = context;
    const jwe = await new CompactEncrypt(Buffer.from(JSON.stringify(privateJwk)))
      .setProtectedHeader({ alg, enc, kid: 'kek-old', iss: issuer, key_kid: kid, key_alg: 'ES256', slot })
      .encrypt(kek);
    await errorOf(vault.unwrap(jwe, context));
  });
});

test('no error holds anything of a key', async () => {
  const jwe = await vault.wrap(privateJwk, context);
  const wrong = [vaultOf(newKek), vaultOf(makeKekRing('kek-old')), vault];
  for (const [place, other] of wrong.entries()) {
    const error = await errorOf(other.unwrap(jwe, place === 2 ? { ...context, slot: 0 } : context));
    const { message, stack, cause } = error;
    const text = [message, stack, String(cause), JSON.stringify(error)].join('\n');
    for (const secret of ['the-private-part', ...[oldKek, newKek].flatMap(keksOf).map(({ k }) => k)])
      expect(text).not.toContain(secret);
  }
});

describe('a ring that cannot be used', () => {
  const k = keksOf(oldKek)[0]?.k ?? '';
  const key = { kty: 'oct', kid: 'kek', k };

  const refusalOf = (text: string): OperatorError => {
    try {
      parseKekRing(text, 'its source');
    } catch (error) {
      expect(error).toBeInstanceOf(OperatorError);
      return error as OperatorError;
    }
    throw new Error('it was parsed');
  };

  const unusable: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['no JSON', `{"keys":[{"kty":"oct","kid":"kek","k":"${k}"`],
    ['the bare key', k],
    ['null', 'null'],
    ['a key instead of a set', JSON.stringify(key)],
    ['no keys', '{"keys":[]}'],
    ['a key without kid', JSON.stringify({ keys: [{ kty: 'oct', k }] })],
    ['an empty kid', JSON.stringify({ keys: [{ ...key, kid: '' }] })],
    ['a kid that is the key', JSON.stringify({ keys: [{ kty: 'oct', kid: [k], k }] })],
    ['another kty', JSON.stringify({ keys: [{ ...key, kty: k }] })],
    [
      '31 bytes',
      JSON.stringify({ keys: [{ ...key, k: Buffer.from(k, 'base64url').subarray(1).toString('base64url') }] }),
    ],
    ['33 bytes', JSON.stringify({ keys: [{ ...key, k: `${k}AA` }] })],
    ['base64 with + and /', JSON.stringify({ keys: [{ ...key, k: `${k.slice(0, -2)}+/` }] })],
    ['two keys of one kid', JSON.stringify({ keys: [key, key] })],
  ];

  test.each(unusable)('%s: the message names its source and the way out, and never holds a k', (_, text) => {
    const error = refusalOf(text);
    expect(error.message).toContain('its source');
    expect(error.message).toContain('npx keyturn keys add-kek');
    for (const part of [error.message, error.stack, String(error.cause)]) {
      expect(part).not.toContain(k);
      expect(part).not.toContain(k.slice(4, 20));
    }
  });
});
