import { compactVerify, importJWK } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { createJoseKeyVault, parseKekRing } from '../../src/adapters/jose_key_vault.ts';
import { nodeCryptoSigners } from '../../src/adapters/node_crypto_signer.ts';
import { generateKey } from '../../src/keys/generate.ts';
import { openKey, wrappingContextOf } from '../../src/keys/open_key.ts';
import { encodeSegment } from '../../src/keys/segment.ts';
import { KeyVaultError } from '../../src/seams/key_vault.ts';
import type { Signer } from '../../src/seams/signer.ts';
import type { SigningKeyRecord } from '../../src/seams/signing_key_store.ts';
import { makeKekRing } from '../test_provider.ts';
import { issuer, keyAt } from './rotation_parts.ts';

const vault = createJoseKeyVault(parseKekRing(makeKekRing(), 'a test'));

type Row = SigningKeyRecord & { readonly privateJwe: string };

const makeRow = async (slot: number, alg: 'ES256' | 'RS256' = 'ES256'): Promise<Row> => {
  const { kid, publicJwk, privateJwk } = await generateKey(alg);
  const privateJwe = await vault.wrap(privateJwk, wrappingContextOf(issuer, { kid, alg, slot }));
  return { ...keyAt(slot, { alg, kid, publicJwk }), privateJwe };
};

const open = (row: Row, as = issuer): Promise<Signer> => openKey(row, as, vault, nodeCryptoSigners);

/** @returns the message, once it is sure that the error is one for the operator and holds nothing of the key. */
const refusalOf = async (opening: Promise<Signer>): Promise<string> => {
  const error = await opening.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(KeyVaultError);
  return (error as KeyVaultError).message;
};

describe('a wrapped private key', () => {
  let [one, other]: readonly Row[] = [];

  beforeAll(async () => {
    [one, other] = [await makeRow(0), await makeRow(1)];
  });

  const rows = () => ({ one: one as Row, other: other as Row });

  test.each(['ES256', 'RS256'] as const)(
    'opens to a signer whose %s signatures verify with the public half',
    async (alg) => {
      const row = await makeRow(0, alg);
      const signer = await open(row);
      const signingInput = `${encodeSegment({ alg })}.${encodeSegment({ sub: 'anyone' })}`;
      const signature = await signer.sign(signingInput);
      const jws = `${signingInput}.${Buffer.from(signature).toString('base64url')}`;
      await expect(compactVerify(jws, await importJWK(row.publicJwk, alg))).resolves.toBeDefined();
      expect([signer.kid, signer.alg]).toEqual([row.kid, alg]);
    },
  );

  test('that was swapped with that of another row does not open', async () => {
    const swapped = { ...rows().one, privateJwe: rows().other.privateJwe };
    expect(await refusalOf(open(swapped))).toMatch(/is bound to key_kid .* Its row was altered/);
  });

  test('does not open in another slot, for another alg or for another issuer', async () => {
    expect(await refusalOf(open({ ...rows().one, slot: 5 }))).toContain('is bound to slot 0, not 5');
    expect(await refusalOf(open({ ...rows().one, alg: 'RS256' }))).toContain(
      'is bound to key_alg "ES256", not "RS256"',
    );
    expect(await refusalOf(open(rows().one, 'https://other.example.com'))).toContain('Set KEYTURN_ISSUER');
  });

  test('that holds another key than the row says is refused by its thumbprint', async () => {
    const { privateJwk } = await generateKey('ES256');
    const privateJwe = await vault.wrap(privateJwk, wrappingContextOf(issuer, rows().one));
    expect(await refusalOf(open({ ...rows().one, privateJwe }))).toContain('its thumbprint differs');
  });

  test('whose row has the public half of another key is refused by a test signature', async () => {
    const altered = { ...rows().one, publicJwk: rows().other.publicJwk };
    expect(await refusalOf(open(altered))).toContain('a test signature did not verify');
  });

  test('whose row has a broken public half is refused in the same way', async () => {
    const altered = { ...rows().one, publicJwk: { ...rows().one.publicJwk, x: 'AAAA' } };
    expect(await refusalOf(open(altered))).toContain('does not match its public half');
  });

  test.each(['', 'no JWE', 'a.b.c.d.e'])(
    'that is damaged to %j is an error for the operator, not a crash',
    async (privateJwe) => {
      expect(await refusalOf(open({ ...rows().one, privateJwe }))).toContain('Restore the database from a backup');
    },
  );
});
