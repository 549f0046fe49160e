// Tells clients that a session ended, and tells them again, more and more rarely, until they take it or time is up.
// OpenID Connect Back-Channel Logout 1.0 §2.5, §2.8.
import type { Provider } from '../provider.ts';
import type { NumericDate } from '../seams/clock.ts';
import type { LogoutDelivery } from '../seams/logout_delivery_store.ts';
import { OutboundRefusedError } from '../seams/outbound_http.ts';
import { signJwt } from '../tokens/jws.ts';
import { logoutTokenClaims } from '../tokens/logout_token.ts';

/** A client that is slow holds up its lane alone. */
const mostOfLane = 10;
const mostAttempts = 8;
const firstRetrySeconds = 10;

/** How long after attempt `attempts` the next one is: 10 s, 20 s, 40 s, ... */
const retryAfter = (attempts: number): number => firstRetrySeconds * 2 ** (attempts - 1);

/** Silent is a client that gave no answer at all. */
type Answer = 'settled' | 'postponed' | 'silent';

const send = async (delivery: LogoutDelivery, provider: Provider): Promise<Answer> => {
  const { store, keyRing, config, clock, outboundHttp, log } = provider;
  const client = await store.findClient(delivery.clientId);
  if (client === undefined || client.backchannelLogoutUri === null) return 'settled';
  const { signer } = keyRing.activeSigner(client.idTokenSignedResponseAlg);
  const logoutToken = await signJwt('logout+jwt', logoutTokenClaims(delivery, config.issuer, clock.now()), signer);
  const fields = { client_id: client.clientId, attempt: delivery.attempts };
  try {
    const status = await outboundHttp.postForm(client.backchannelLogoutUri, { logout_token: logoutToken });
    if (status >= 200 && status < 300) return 'settled';
    log.warn({ ...fields, status }, 'back-channel logout not taken');
    return status === 400 ? 'settled' : 'postponed';
  } catch (error) {
    log.warn({ ...fields, reason: (error as Error).message }, 'back-channel logout failed');
    return error instanceof OutboundRefusedError ? 'settled' : 'silent';
  }
};

const deliver = async (delivery: LogoutDelivery, now: NumericDate, provider: Provider): Promise<Answer> => {
  const { store, metrics } = provider;
  const answer = await send(delivery, provider);
  if (answer === 'settled' || delivery.attempts >= mostAttempts) {
    metrics.logoutDelivery(answer === 'settled' ? 'settled' : 'given_up');
    await store.removeLogoutDelivery(delivery.id);
  } else {
    metrics.logoutDelivery('postponed');
    await store.postponeLogoutDelivery(delivery.id, now + retryAfter(delivery.attempts));
  }
  return answer;
};

/** All else that is due for a client that gave no answer waits as well, so that it holds nobody up. */
const passOverSilent = async (
  sent: readonly (readonly [LogoutDelivery, Answer])[],
  now: NumericDate,
  { store, metrics, log }: Provider,
): Promise<void> => {
  const answered = new Set(sent.flatMap(([{ clientId }, answer]) => (answer === 'silent' ? [] : [clientId])));
  const attempts = new Map(sent.map(([{ clientId, attempts }]) => [clientId, attempts]));
  for (const [clientId, tried] of attempts) {
    if (answered.has(clientId)) continue;
    const given = await store.postponeLogoutDeliveriesOf(clientId, now, now + retryAfter(tried), mostAttempts);
    if (given > 0) log.warn({ client_id: clientId, deliveries: given }, 'back-channel logouts given up');
    for (let count = 0; count < given; count += 1) metrics.logoutDelivery('given_up');
  }
};

export interface DeliveryRun {
  /** How long it goes on taking what is due. */
  readonly seconds: number;
  /** About how many it sends at most. */
  readonly most: number;
}

const deliverInLane = async (
  mostAtOnce: number,
  { seconds, most }: DeliveryRun,
  provider: Provider,
): Promise<number> => {
  const { store, clock, keyRing } = provider;
  const endsAt = clock.monotonicSeconds() + seconds;
  let sent = 0;
  // What cannot be signed is not sent, and must not count as tried.
  while (keyRing.notSigning() === undefined && clock.monotonicSeconds() < endsAt && sent < most) {
    const now = clock.now();
    const due = await store.takeLogoutDeliveries(now, now + firstRetrySeconds, mostAtOnce);
    const answers = due.map(async (delivery) => [delivery, await deliver(delivery, now, provider)] as const);
    await passOverSilent(await Promise.all(answers), now, provider);
    sent += due.length;
    if (due.length < mostAtOnce) break;
  }
  return sent;
};

/** Sends what is due, as many at once as may be, until nothing is. @returns how many were sent. */
export const deliverLogouts = async (
  provider: Provider,
  { seconds, most }: DeliveryRun = { seconds: 15, most: Number.POSITIVE_INFINITY },
): Promise<number> => {
  const { mostAtOnce } = provider.outboundHttp;
  const lanes = Math.ceil(mostAtOnce / mostOfLane);
  const run = { seconds, most: Math.ceil(most / lanes) };
  const ofLane = Math.ceil(mostAtOnce / lanes);
  const sent = await Promise.all(Array.from({ length: lanes }, () => deliverInLane(ofLane, run, provider)));
  return sent.reduce((sum, count) => sum + count, 0);
};
