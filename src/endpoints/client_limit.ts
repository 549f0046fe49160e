// How often one client may be given tokens, so that one that runs wild leaves the others theirs. Asked after the grant is
// proved, so that it never hides an invalid_grant (T083), and before anything is signed or written.
import type { Context } from 'hono';
import { takeAllowances } from '../login/take_allowances.ts';
import type { Provider } from '../provider.ts';
import type { Client } from '../seams/client_store.ts';
import { networkAddress } from './network_address.ts';

const burstSeconds = 10;

/** Anybody can name a public client: one who does must not use up what it has at other addresses. */
const keyOf = (context: Context, { clientId, tokenEndpointAuthMethod }: Client, { config }: Provider): string =>
  tokenEndpointAuthMethod === 'none' ? `${clientId} ${networkAddress(context, config)}` : clientId;

/** @throws {OAuthError} rate_limited. */
export const takeClientAllowance = async (
  context: Context,
  client: Client,
  grantType: string | undefined,
  provider: Provider,
): Promise<void> => {
  const { clientRequestsPerSecond: perSecond } = provider.config;
  if (perSecond === 0) return;
  const limit = { burst: perSecond * burstSeconds, emissionSeconds: 1 / perSecond };
  const key = `${grantType} ${keyOf(context, client, provider)}`;
  const { localRateLimiter: rateLimiter, metrics } = provider;
  await takeAllowances('client', [[key, limit]], { rateLimiter, metrics });
};
