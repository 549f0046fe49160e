// The claims of a logout token. OpenID Connect Back-Channel Logout 1.0 §2.4: an event, never a nonce.
import { randomUUID } from 'node:crypto';
import type { NumericDate } from '../seams/clock.ts';
import type { LogoutDelivery } from '../seams/logout_delivery_store.ts';

const lifetimeSeconds = 120;
const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout';

export const logoutTokenClaims = ({ clientId, sub, sid }: LogoutDelivery, issuer: string, issuedAt: NumericDate) => ({
  iss: issuer,
  sub,
  aud: clientId,
  iat: issuedAt,
  exp: issuedAt + lifetimeSeconds,
  jti: randomUUID(),
  events: { [logoutEvent]: {} },
  ...(sid !== null && { sid }),
});
