// A session ends: its families with it, and its clients are told by deliver_logouts.ts. OpenID Connect Back-Channel
// Logout 1.0 §2.3.
import type { Provider } from '../provider.ts';
import type { Session } from '../seams/session_store.ts';
import { auditEvent } from '../tokens/audit.ts';

/**
 * By the database's clock, as far as it is known: verifiers are told of it for a time that is reckoned from then.
 *
 * @param clientId - the client that asked for it, where one did.
 */
export const endSession = async (
  { sid, sub }: Session,
  { store, clock, keyRing }: Provider,
  clientId: string | null = null,
): Promise<void> => {
  const event = auditEvent('session.ended', { sub, sid, clientId }, { clock });
  await store.endSession(sid, await keyRing.databaseTimeAnew(), event);
};
