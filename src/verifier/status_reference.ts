// The place a token has in a status list, and whether it stands there. Token Status List §6.2, §7.
import type { VerifiedClaims } from './claims.ts';
import { isJsonObject } from './json_object.ts';
import { type StatusList, statusAt } from './status_list.ts';
import { TokenError } from './token_error.ts';

export interface StatusReference {
  readonly index: number;
  readonly uri: string;
}

/** @throws {TokenError} claim_invalid. @returns undefined when the token has none. */
export const referenceIn = ({ status }: VerifiedClaims): StatusReference | undefined => {
  if (status === undefined) return undefined;
  const reference = isJsonObject(status) ? status.status_list : undefined;
  if (reference === undefined) return undefined;
  const { idx, uri } = isJsonObject(reference) ? reference : {};
  if (typeof uri !== 'string' || typeof idx !== 'number' || !Number.isSafeInteger(idx) || idx < 0)
    throw new TokenError('claim_invalid', 'status.status_list is not { idx, uri } (Token Status List §6.2).');
  return { index: idx, uri };
};

export const assertStanding = (list: StatusList, { index }: StatusReference): void => {
  const status = statusAt(list, index);
  if (status === 0) return;
  if (status === undefined) throw new TokenError('claim_invalid', `The token's status list has no place ${index}.`);
  throw new TokenError('token_revoked', `The token's status is ${status}, expected 0: the issuer revoked it.`);
};
