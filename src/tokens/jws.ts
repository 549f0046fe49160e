// Compact JWS of a JWT, RFC 7515 §7.1. The header of a key and a type is encoded once.
import { encodeSegment, signCompact } from '../keys/segment.ts';
import type { Signer } from '../seams/signer.ts';

/** The `typ` values Keyturn signs. RFC 9068 §2.1, OpenID Connect Back-Channel Logout 1.0 §2.4, Token Status List §5.1; the last is ours. */
export type TokenType = 'at+jwt' | 'JWT' | 'logout+jwt' | 'statuslist+jwt' | 'revocation-feed+jwt';

const encodedHeaders = new WeakMap<Signer, Map<TokenType, string>>();

const headerSegment = (signer: Signer, typ: TokenType): string => {
  const byType = encodedHeaders.get(signer) ?? new Map<TokenType, string>();
  encodedHeaders.set(signer, byType);
  const segment = byType.get(typ) ?? encodeSegment({ alg: signer.alg, typ, kid: signer.kid });
  byType.set(typ, segment);
  return segment;
};

export const signJwt = (typ: TokenType, claims: object, signer: Signer): Promise<string> =>
  signCompact(headerSegment(signer, typ), claims, signer);
