// Writes the audit log: identifiers of what happened, never a secret, a token or a password.
import type { AuditEvent, AuditStore } from '../seams/audit_store.ts';
import type { Clock } from '../seams/clock.ts';

/** What people do, and becomes of their sessions and tokens: all but a few of the events there are. */
export const auditTypesOfPeople = [
  'sign_in.succeeded',
  'sign_in.failed',
  'sign_up.succeeded',
  'password.changed',
  'password.hash_refused',
  'session.ended',
  'consent.given',
  'consent.denied',
  'consent.withdrawn',
  'family.started',
  'family.ended',
  'token.revoked',
] as const;

/** Everything that is recorded. The last group is done by the operator, or by the keys themselves. */
export const auditTypes = [
  ...auditTypesOfPeople,
  'user.added',
  'user.updated',
  'user.locked',
  'user.unlocked',
  'user.removed',
  'user.exported',
  'user.imported',
  'client.added',
  'client.exported',
  'client.imported',
  'client.removed',
  'client.secret_rotated',
  'resource.added',
  'resource.removed',
  'key.published',
  'key.rotated',
  'key.retired',
  'key.revoked',
  'key.rewrapped',
  'database.restored',
  'admin.called',
] as const;

export type AuditType = (typeof auditTypes)[number];

export type AuditSubject = Partial<Pick<AuditEvent, 'sub' | 'clientId' | 'sid' | 'address' | 'details'>>;

/** For a verb that records what it does in the same write. */
export const auditEvent = (
  type: AuditType,
  { sub = null, clientId = null, sid = null, address = null, details = {} }: AuditSubject,
  { clock }: { readonly clock: Clock },
): AuditEvent => ({ at: clock.now(), type, sub, clientId, sid, address, details });

/** Records what changes nothing else. */
export const recordAudit = (
  type: AuditType,
  subject: AuditSubject,
  { store, clock }: { readonly store: Pick<AuditStore, 'appendAudit'>; readonly clock: Clock },
): Promise<void> => store.appendAudit(auditEvent(type, subject, { clock }));
