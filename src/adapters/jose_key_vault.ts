// KeyVault as compact JWE (A256GCMKW + A256GCM). What a key is bound to stands in the protected header, which is the AAD.
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader, type JWK } from 'jose';
import { z } from 'zod';
import { OperatorError } from '../errors.ts';
import { type KeyVault, KeyVaultError, type WrappingContext } from '../seams/key_vault.ts';

const kekBytes = 32;
const keyManagement = 'A256GCMKW';
const contentEncryption = 'A256GCM';

const kekRing = z.object({
  keys: z
    .array(
      z.object({
        kty: z.literal('oct'),
        kid: z.string().min(1),
        k: z.base64url().refine((k) => Buffer.from(k, 'base64url').length === kekBytes, 'k must be 32 bytes'),
      }),
    )
    .min(1)
    .refine((keys) => new Set(keys.map((key) => key.kid)).size === keys.length, 'two keys have the same kid'),
});

/** A ring of key-encryption keys as a JWK Set (RFC 7517 §5) of `oct` keys; the first wraps, all unwrap. */
export type KekRing = z.infer<typeof kekRing>;

/**
 * @param text - a JWK Set as JSON. @param source - where it came from, for the message; its content is never in one.
 * @throws {OperatorError} when it is not a ring of 256-bit keys with distinct kids.
 */
export const parseKekRing = (text: string, source: string): KekRing => {
  try {
    return kekRing.parse(JSON.parse(text));
  } catch (error) {
    const found = error instanceof z.ZodError ? z.prettifyError(error) : 'it is not JSON';
    // biome-ignore lint/style/useErrorCause: the message of JSON.parse quotes what it read, which is the ring itself
    throw new OperatorError(
      `The ring of key-encryption keys (${source}) cannot be used: ${found}. ` +
        'Expected {"keys":[{"kty":"oct","kid":"...","k":"<32 bytes, base64url>"}]}; make one with "npx keyturn keys add-kek".',
    );
  }
};

const headerOf = ({ issuer, kid, alg, slot }: WrappingContext) => ({ iss: issuer, key_kid: kid, key_alg: alg, slot });

const describe = (context: WrappingContext): string => `The private key ${context.kid} (${context.alg})`;

const protectedHeaderOf = (jwe: string, subject: string): Readonly<Record<string, unknown>> => {
  try {
    return decodeProtectedHeader(jwe);
  } catch (cause) {
    throw new KeyVaultError(
      `${subject} is damaged: what is stored is no compact JWE. Restore the database from a backup, or revoke this key.`,
      { cause },
    );
  }
};

const assertContext = (header: Readonly<Record<string, unknown>>, context: WrappingContext): void => {
  for (const [name, expected] of Object.entries(headerOf(context)))
    if (header[name] !== expected)
      throw new KeyVaultError(
        `${describe(context)} is bound to ${name} ${JSON.stringify(header[name])}, not ${JSON.stringify(expected)}. ` +
          (name === 'iss'
            ? 'Set KEYTURN_ISSUER to the issuer this database belongs to, or name another database in KEYTURN_DATABASE_URL.'
            : 'Its row was altered: restore the database from a backup, or revoke this key.'),
      );
};

export const createJoseKeyVault = (ring: KekRing): KeyVault => {
  const keks = new Map(ring.keys.map(({ kid, k }) => [kid, Buffer.from(k, 'base64url')]));
  const [wrappingKid, wrappingKek] = [...keks][0] as [string, Buffer];
  return {
    wrappingKid,
    wrap: (privateJwk: JWK, context: WrappingContext) =>
      new CompactEncrypt(Buffer.from(JSON.stringify(privateJwk)))
        .setProtectedHeader({
          alg: keyManagement,
          enc: contentEncryption,
          kid: wrappingKid,
          cty: 'jwk+json',
          ...headerOf(context),
        })
        .encrypt(wrappingKek),
    unwrap: async (jwe: string, context: WrappingContext) => {
      const header = protectedHeaderOf(jwe, describe(context));
      const kek = keks.get(String(header.kid));
      if (kek === undefined)
        throw new KeyVaultError(
          `${describe(context)} is wrapped with the key-encryption key ${header.kid}, which is not in the ring ` +
            `(it has ${[...keks.keys()].join(', ')}). Put that key back into the ring; if it is lost, revoke the signing key.`,
        );
      assertContext(header, context);
      const options = {
        keyManagementAlgorithms: [keyManagement],
        contentEncryptionAlgorithms: [contentEncryption],
      };
      const opened = await compactDecrypt(jwe, kek, options).catch((cause: unknown) => {
        throw new KeyVaultError(
          `${describe(context)} does not open with the key-encryption key ${header.kid}: that entry of the ring is not ` +
            'the key it was wrapped with, or the row is damaged. Restore the ring or the database from a backup.',
          { cause },
        );
      });
      return JSON.parse(new TextDecoder().decode(opened.plaintext)) as JWK;
    },
    wrappedWith: (jwe: string) => String(protectedHeaderOf(jwe, 'A wrapped private key').kid),
  };
};
