import type { JWK } from 'jose';
import type { SigningAlgorithm } from './signer.ts';

/** What a wrapped key is bound to; a ciphertext moved to another place does not open. */
export interface WrappingContext {
  readonly issuer: string;
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly slot: number;
}

/** Wraps private JWKs for storage under a ring of key-encryption keys (KEKs): the first wraps, all unwrap. */
export interface KeyVault {
  /** The `kid` of the KEK that wraps now. */
  readonly wrappingKid: string;
  /** @returns compact JWE (RFC 7516 §7.1). */
  wrap(privateJwk: JWK, context: WrappingContext): Promise<string>;
  /** @throws {KeyVaultError} when the KEK is not in the ring, the context differs, or the ciphertext does not open. */
  unwrap(jwe: string, context: WrappingContext): Promise<JWK>;
  /** The `kid` of the KEK a ciphertext was wrapped with, read without opening it. */
  wrappedWith(jwe: string): string;
}

/** A wrapped key that cannot be opened. The message says why and what to do, and holds no key material. */
export class KeyVaultError extends Error {
  override name = 'KeyVaultError';
}
