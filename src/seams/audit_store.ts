import type { NumericDate } from './clock.ts';

/** One thing that happened. Identifiers only: no secret, no token, no password. */
export interface AuditEvent {
  readonly at: NumericDate;
  /** Dotted, as `sign_in.failed`, `family.ended`, `client.added`. */
  readonly type: string;
  readonly sub: string | null;
  readonly clientId: string | null;
  readonly sid: string | null;
  /** The network address of the browser or client, where there is one. */
  readonly address: string | null;
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

export interface AuditFilter {
  readonly type?: string;
  readonly sub?: string;
  readonly clientId?: string;
  readonly since?: NumericDate;
  readonly limit: number;
}

/**
 * Append-only, until what is old is forgotten. Verbs of other stores that take an AuditEvent write it together with what they do: both are there, or
 * neither is.
 */
export interface AuditStore {
  appendAudit(event: AuditEvent): Promise<void>;
  /** Newest first. */
  listAudit(filter: AuditFilter): Promise<readonly (AuditEvent & { readonly id: number })[]>;
  /** Deletes the events of these types from before `before`. */
  removeAudit(types: readonly string[], before: NumericDate): Promise<void>;
}
