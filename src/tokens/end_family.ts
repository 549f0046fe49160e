import type { Provider } from '../provider.ts';
import type { FamilyEndReason } from '../seams/metrics.ts';
import type { AuthorizationCode, TokenFamily } from '../seams/token_store.ts';

/** Ends all tokens that came of one authorization; the store records why. Ending it again changes nothing. */
export const endFamily = async (
  { familyId, clientId }: Pick<TokenFamily | AuthorizationCode, 'familyId' | 'clientId'>,
  reason: FamilyEndReason,
  { store, keyRing, log, metrics }: Provider,
): Promise<void> => {
  if (!(await store.endFamily(familyId, reason, keyRing.databaseTime()))) return;
  metrics.familyEnded(reason);
  if (reason !== 'revoked_by_client')
    log.warn({ family_id: familyId, client_id: clientId, reason }, 'a spent code or refresh token was used again');
};
