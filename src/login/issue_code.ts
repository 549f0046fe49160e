// The end of the authorization endpoint's work: a code for what the end-user allowed. RFC 6749 §4.1.2.
import type { AuthorizationRequest } from '../authorization_request/authorization_request.ts';
import { OAuthError } from '../errors.ts';
import type { Provider } from '../provider.ts';
import type { Interaction, Session } from '../seams/session_store.ts';
import { hashOpaque, makeOpaque } from '../tokens/opaque.ts';
import { makeOrderedUuid } from '../tokens/ordered_uuid.ts';

const codeSeconds = 60;

/**
 * @param interaction - what it ends, where the request has waited: one has one answer, however many ask at once.
 * @returns the code: 43 base64url characters, kept only as SHA-256, good for 60 s and one use.
 * @throws {OAuthError} since they were looked at: interaction_unknown, it was answered; consent_required, it was withdrawn.
 */
export const issueCode = async (
  request: AuthorizationRequest,
  session: Session,
  interaction: Interaction | undefined,
  { store, clock }: Provider,
): Promise<string> => {
  const code = makeOpaque();
  const added = await store.addAuthorizationCode(
    {
      codeHash: hashOpaque(code),
      clientId: request.client.clientId,
      sub: session.sub,
      sid: session.sid,
      scope: request.scope,
      resource: request.resource,
      authTime: session.authTime,
      acr: session.acr,
      amr: session.amr,
      nonce: request.nonce,
      idTokenClaims: request.claims.idToken,
      userinfoClaims: request.claims.userinfo,
      redirectUri: request.redirectUri,
      codeChallenge: request.codeChallenge,
      expiresAt: clock.now() + codeSeconds,
      usedAt: null,
      familyId: makeOrderedUuid(clock.now()),
    },
    { ends: interaction?.idHash, consentStands: !request.client.firstParty },
  );
  if (added) return code;
  const isOver = interaction !== undefined && (await store.findInteraction(interaction.idHash)) === undefined;
  throw new OAuthError(isOver ? 'interaction_unknown' : 'consent_required');
};
