// Tells clients that a session ended, and tells them again, more and more rarely, until they take it or time is up.
// OpenID Connect Back-Channel Logout 1.0 §2.5, §2.8.
import type { Provider } from '../provider.ts';
import type { LogoutDelivery } from '../seams/logout_delivery_store.ts';
import { OutboundRefusedError } from '../seams/outbound_http.ts';
import { signJwt } from '../tokens/jws.ts';
import { logoutTokenClaims } from '../tokens/logout_token.ts';

const mostAtOnce = 20;
const mostAttempts = 8;
const firstRetrySeconds = 10;

/** How long after attempt `attempts` the next one is: 10 s, 20 s, 40 s, ... */
const retryAfter = (attempts: number): number => firstRetrySeconds * 2 ** (attempts - 1);

const deliver = async (delivery: LogoutDelivery, provider: Provider): Promise<boolean> => {
  const { store, keyRing, config, clock, outboundHttp, log } = provider;
  const client = await store.findClient(delivery.clientId);
  if (client === undefined || client.backchannelLogoutUri === null) return true;
  const { signer } = keyRing.activeSigner(client.idTokenSignedResponseAlg);
  const logoutToken = await signJwt('logout+jwt', logoutTokenClaims(delivery, config.issuer, clock.now()), signer);
  const fields = { client_id: client.clientId, attempt: delivery.attempts };
  try {
    const status = await outboundHttp.postForm(client.backchannelLogoutUri, { logout_token: logoutToken });
    if (status >= 200 && status < 300) return true;
    log.warn({ ...fields, status }, 'back-channel logout not taken');
    return status === 400;
  } catch (error) {
    log.warn({ ...fields, reason: (error as Error).message }, 'back-channel logout failed');
    return error instanceof OutboundRefusedError;
  }
};

/** Sends what is due, all at once. @returns how many were due. */
export const deliverLogouts = async (provider: Provider): Promise<number> => {
  const { store, clock, keyRing, metrics } = provider;
  // What cannot be signed is not sent, and must not count as tried.
  if (keyRing.notSigning() !== undefined) return 0;
  const now = clock.now();
  const due = await store.takeLogoutDeliveries(now, now + firstRetrySeconds, mostAtOnce);
  await Promise.all(
    due.map(async (delivery) => {
      const settled = await deliver(delivery, provider);
      if (settled || delivery.attempts >= mostAttempts) {
        metrics.logoutDelivery(settled ? 'settled' : 'given_up');
        return store.removeLogoutDelivery(delivery.id);
      }
      metrics.logoutDelivery('postponed');
      await store.postponeLogoutDelivery(delivery.id, now + retryAfter(delivery.attempts));
    }),
  );
  return due.length;
};
