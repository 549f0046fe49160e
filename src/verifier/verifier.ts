// Verifies tokens offline: RFC 9068 §4 with the rules of RFC 8725 §3, and ID tokens for relying parties.
import { checkAccessToken } from './access_token_rules.ts';
import type { AccessTokenClaims, IdTokenClaims, NumericDate } from './claims.ts';
import { checkIdToken, type IdTokenExpectations } from './id_token_rules.ts';
import type { KeySource } from './key_source.ts';
import { mediaTypeOf } from './protected_header.ts';
import { createRememberedTokens, nameOf, type RememberedToken, type RememberedTokens } from './remembered_tokens.ts';
import type { RevocationCheck } from './revocation_check.ts';
import { runtimeFetch, systemClock } from './runtime.ts';
import { type CheckSignature, createSignatureCheck } from './signature_check.ts';
import { checkDocument } from './signed_document.ts';
import { verificationAlgorithms } from './verification_key.ts';
import { keySourceOf, type Policy, readPolicy, type VerifierOptions } from './verifier_options.ts';
import { type Awaitable, isPromise, whenReady } from './when_ready.ts';

export interface Verifier {
  /**
   * @param token - an access token, as it stood after `Bearer`.
   * @returns its claims; frozen when tokens are remembered.
   * @throws {TokenError} with the reason as its code.
   */
  verify(token: string): Promise<AccessTokenClaims>;
  /**
   * For a relying party whose client_id is `audience`.
   *
   * @throws {TokenError} with the reason as its code.
   * @see OpenID Connect Core 1.0 §3.1.3.7 https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
   */
  verifyIdToken(token: string, expectations?: IdTokenExpectations): Promise<IdTokenClaims>;
  /** Settles when keys, and what is revoked, are at hand. Nobody has to wait for it. @throws {TokenError} */
  ready(): Promise<void>;
  /** Stops following what is revoked, and forgets; a verifier that did follow refuses every token from then on. */
  close(): void;
}

/** What the parts of one verifier share. */
interface Parts {
  readonly policy: Policy;
  readonly keys: KeySource;
  readonly checkSignature: CheckSignature;
  readonly revocation: RevocationCheck | undefined;
}

/** `JWT`, as Keyturn has it, or none at all: others leave it out. RFC 7519 §5.1. */
const idTokenTyps = ['jwt', ''];

const verifyAnew = (token: string, { policy, checkSignature, revocation }: Parts, now: NumericDate) =>
  whenReady(
    checkSignature(token, { typs: [policy.typ], maxBytes: policy.maxTokenBytes, now }),
    (signed): Awaitable<RememberedToken> => {
      const verified = { claims: checkAccessToken(signed.claims, policy, now), key: signed.key };
      return whenReady(revocation?.check(verified.claims, now), () => verified);
    },
  );

/** @returns whether it still stands; false when it expired or its key is gone. @throws {TokenError} when it was revoked. */
const stillStands = ({ claims, key }: RememberedToken, parts: Parts, now: NumericDate): Awaitable<boolean> => {
  const { policy, keys, revocation } = parts;
  if (now >= claims.exp + policy.clockToleranceSeconds) return false;
  return whenReady(keys.find(key.kid, now), (found): Awaitable<boolean> => {
    if (found !== key) return false;
    return whenReady(revocation?.check(claims, now), () => true);
  });
};

/** @returns the claims remembered under this name, while they stand; what no longer does is forgotten. */
const recall = async (
  name: string,
  remembered: RememberedTokens,
  parts: Parts,
  now: NumericDate,
): Promise<AccessTokenClaims | undefined> => {
  const token = remembered.get(name);
  if (token === undefined) return undefined;
  let stands = false;
  try {
    const asked = stillStands(token, parts, now);
    stands = typeof asked === 'boolean' ? asked : await asked;
  } finally {
    if (!stands) remembered.forget(name);
  }
  return (await stands) ? token.claims : undefined;
};

const verifyRemembering = async (
  token: string,
  remembered: RememberedTokens,
  parts: Parts,
  now: NumericDate,
): Promise<AccessTokenClaims> => {
  // What is no token has no name: it is told why by those who read it.
  if (typeof token !== 'string' || token.length > parts.policy.maxTokenBytes)
    return (await verifyAnew(token, parts, now)).claims;
  const hash = nameOf(token);
  const name = typeof hash === 'string' ? hash : await hash;
  const recalled = await recall(name, remembered, parts, now);
  if (recalled !== undefined) return recalled;
  const verified = await verifyAnew(token, parts, now);
  remembered.set(name, verified);
  return verified.claims;
};

/** @throws {TypeError} when an option cannot be right: nothing is verified with a verifier half set up. */
export const createVerifier = (options: VerifierOptions): Verifier => {
  const policy = readPolicy(options);
  const keys = keySourceOf(options);
  const { clock = systemClock, fetch = runtimeFetch, revocation } = options;
  const checkSignature = createSignatureCheck(keys, policy.algorithms);
  const parts: Parts = { policy, keys, checkSignature, revocation };
  const remembered = policy.rememberTokens > 0 ? createRememberedTokens(policy.rememberTokens) : undefined;
  // The issuer chooses what it signs these with, whatever this service's tokens are signed with.
  const checkDocumentSignature = createSignatureCheck(keys, verificationAlgorithms);
  revocation?.start({
    issuer: policy.issuer,
    clock,
    fetch,
    verifyDocument: async (token, typ, maxBytes) => {
      const now = clock.now();
      const { claims } = await checkDocumentSignature(token, { typs: [mediaTypeOf(typ)], maxBytes, now });
      return checkDocument(claims, policy, now);
    },
  });
  return {
    verify: async (token) => {
      const now = clock.now();
      if (remembered !== undefined) return verifyRemembering(token, remembered, parts, now);
      const verified = verifyAnew(token, parts, now);
      return (isPromise(verified) ? await verified : verified).claims;
    },
    verifyIdToken: async (token, expectations = {}) => {
      const now = clock.now();
      const { claims } = await checkSignature(token, { typs: idTokenTyps, maxBytes: policy.maxTokenBytes, now });
      const checked = await checkIdToken(claims, expectations, policy, now);
      await revocation?.check(checked, now);
      return checked;
    },
    ready: async () => {
      await keys.ready(clock.now());
      await revocation?.ready();
    },
    close: () => {
      revocation?.close();
      remembered?.clear();
    },
  };
};
