import type { AuditEvent } from './audit_store.ts';
import type { NumericDate } from './clock.ts';
import type { SigningAlgorithm } from './signer.ts';

/** A protected resource that access tokens are made for. @see RFC 8707 §2 https://www.rfc-editor.org/rfc/rfc8707#section-2 */
export interface Resource {
  /** Absolute URI without a fragment; the `aud` of its tokens, byte for byte. */
  readonly resource: string;
  readonly scope: readonly string[];
  readonly accessTokenSeconds: number;
  readonly accessTokenSigningAlg: SigningAlgorithm;
  /** Claims put into every access token for this resource. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** The end-user's claims put into access tokens for this resource, such as `roles`. */
  readonly accessTokenClaims: readonly string[];
  /** Whether its tokens have a place in a Token Status List, so that verifiers learn of a revocation from it. */
  readonly statusList: boolean;
  readonly createdAt: NumericDate;
}

export interface ResourceStore {
  findResource(resource: string): Promise<Resource | undefined>;
  listResources(): Promise<readonly Resource[]>;
  /** @returns false when the identifier is taken; nothing changed then. */
  addResource(resource: Resource, event?: AuditEvent | null): Promise<boolean>;
  /** @returns false when there is no such resource. */
  removeResource(resource: string, event?: AuditEvent | null): Promise<boolean>;
}
