// From a token to claims whose signature is the issuer's: structure, header, key, signature, in this order. What the
// claims must say is for the rules of each kind of token. RFC 7515 §5.2, RFC 8725 §3.
import { createBoundedMap } from './bounded_map.ts';
import type { NumericDate } from './claims.ts';
import { type CompactJws, readCompactJws } from './compact_jws.ts';
import { type JsonObject, readJsonObject } from './json_object.ts';
import type { KeySource } from './key_source.ts';
import { type ProtectedHeader, readProtectedHeader } from './protected_header.ts';
import { quoted } from './quoted.ts';
import { TokenError } from './token_error.ts';
import type { VerificationAlgorithm, VerificationKey } from './verification_key.ts';
import { type Awaitable, whenReady } from './when_ready.ts';

export interface SignedClaims {
  readonly claims: JsonObject;
  readonly key: VerificationKey;
}

export interface SignatureRules {
  /** The types that are taken; '' is a token that names none. */
  readonly typs: readonly string[];
  readonly maxBytes: number;
  readonly now: NumericDate;
}

/** @throws {TokenError} at once; a returned promise rejects with the same. */
export type CheckSignature = (token: string, rules: SignatureRules) => Awaitable<SignedClaims>;

/** As many as an issuer has keys and types, several times over. */
const mostHeaders = 64;

const assertType = ({ typ }: ProtectedHeader, typs: readonly string[]): void => {
  if (!typs.includes(typ))
    throw new TokenError(
      'type_mismatch',
      `typ is ${quoted(typ)}, expected ${quoted(typs[0])}: it is another kind of token.`,
    );
};

const assertKeyIsFor = ({ alg }: ProtectedHeader, key: VerificationKey): void => {
  if (key.alg !== alg)
    throw new TokenError('algorithm_not_allowed', `alg is ${alg}, but the key ${quoted(key.kid)} is for ${key.alg}.`);
};

const signatureInvalid = ({ kid }: ProtectedHeader): TokenError =>
  new TokenError(
    'signature_invalid',
    `The signature is not that of the key ${quoted(kid)}: the token was altered, or another key made it.`,
  );

const claimsOf = ({ payload }: CompactJws): JsonObject => {
  const claims = readJsonObject(payload);
  if (claims === undefined) throw new TokenError('token_malformed', 'The payload is not a JSON object in UTF-8.');
  return claims;
};

export const createSignatureCheck = (keys: KeySource, algorithms: readonly VerificationAlgorithm[]): CheckSignature => {
  /** Of tokens that verified, so that forged ones push nothing out. */
  const headers = createBoundedMap<ProtectedHeader>(mostHeaders);
  return (token, { typs, maxBytes, now }) => {
    const jws = readCompactJws(token, maxBytes);
    const known = headers.get(jws.headerSegment);
    const header = known ?? readProtectedHeader(jws.headerSegment, algorithms);
    assertType(header, typs);
    return whenReady(keys.find(header.kid, now), (key) => {
      assertKeyIsFor(header, key);
      return whenReady(key.verify(jws), (verified) => {
        // Whatever a key answers, nothing but `true` is a yes.
        if (verified !== true) throw signatureInvalid(header);
        if (known === undefined) headers.set(jws.headerSegment, header);
        return { claims: claimsOf(jws), key };
      });
    });
  };
};
