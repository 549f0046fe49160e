// Consent: what is shown is what is allowed. The form carries a MAC over it, keyed by the browser's cookie.
import { createHmac } from 'node:crypto';
import type { AuthorizationRequest } from '../authorization_request/authorization_request.ts';
import type { Provider } from '../provider.ts';
import type { Session } from '../seams/session_store.ts';
import { auditEvent } from '../tokens/audit.ts';

export const requestedClaimsOf = ({ claims }: AuthorizationRequest): readonly string[] => [
  ...new Set([...claims.idToken, ...claims.userinfo]),
];

/** What is asked, each value with its resource: to read at one is not to read at another. */
export const resourceScopeOf = ({ scope, resource }: AuthorizationRequest): readonly string[] =>
  scope.map((value) => `${resource} ${value}`);

/** Binds a consent form to everything the end-user reads on it. */
export const consentBinding = (request: AuthorizationRequest, session: Session, browser: string): string =>
  createHmac('sha256', `consent.${browser}`)
    .update(
      JSON.stringify([
        session.sid,
        request.client.clientId,
        request.redirectUri,
        request.resource,
        request.scope,
        requestedClaimsOf(request),
      ]),
    )
    .digest('base64url');

/** Remembers what was allowed, beside what was before. */
export const saveConsent = async (
  request: AuthorizationRequest,
  { sub, sid }: Session,
  { store, clock }: Provider,
): Promise<void> => {
  const { scope, resource } = request;
  const { clientId } = request.client;
  const allowed = { scope, claims: requestedClaimsOf(request), resources: [resource] };
  const consent = { sub, clientId, ...allowed, resourceScope: resourceScopeOf(request), grantedAt: clock.now() };
  const details = { scope: scope.join(' ') };
  await store.saveConsent(consent, auditEvent('consent.given', { sub, sid, clientId, details }, { clock }));
};
