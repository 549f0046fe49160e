// A session ends: its families with it, and its clients are told by deliver_logouts.ts. OpenID Connect Back-Channel
// Logout 1.0 §2.3.
import type { Provider } from '../provider.ts';
import type { Session } from '../seams/session_store.ts';
import { auditEvent } from '../tokens/audit.ts';

/** @param clientId - the client that asked for it, where one did. */
export const endSession = async (
  { sid, sub }: Session,
  { store, clock }: Provider,
  clientId: string | null = null,
): Promise<void> => {
  await store.endSession(sid, clock.now(), auditEvent('session.ended', { sub, sid, clientId }, { clock }));
};
