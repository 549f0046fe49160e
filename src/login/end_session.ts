// A session ends: its families with it, and the clients that got tokens in it are told. OpenID Connect Back-Channel Logout 1.0 §2.3.
import { randomUUID } from 'node:crypto';
import type { Provider } from '../provider.ts';
import type { Session } from '../seams/session_store.ts';

/** Ends a session. The clients are told afterwards, by deliver_logouts.ts, and again if they do not answer. */
export const endSession = async ({ sid, sub }: Session, { store, clock }: Provider): Promise<void> => {
  const now = clock.now();
  const clientIds = await store.listClientsOfSession(sid);
  if (!(await store.endSession(sid, now))) return;
  for (const clientId of clientIds) {
    const client = await store.findClient(clientId);
    if (client === undefined || client.backchannelLogoutUri === null) continue;
    await store.addLogoutDelivery({ id: randomUUID(), clientId, sub, sid, attempts: 0, nextAttemptAt: now });
  }
};
