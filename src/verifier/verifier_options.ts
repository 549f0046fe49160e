// What a verifier is told, its defaults, and what is refused when it is set up.
import { atIssuer } from './at_issuer.ts';
import type { Clock } from './claims.ts';
import type { KeySource } from './key_source.ts';
import { keysFromUrl } from './keys_from_url.ts';
import { assertOptions, type OptionKinds } from './option_kinds.ts';
import { mediaTypeOf } from './protected_header.ts';
import type { RevocationCheck } from './revocation_check.ts';
import { runtimeFetch } from './runtime.ts';
import type { TimeRules } from './time_claims.ts';
import { type VerificationAlgorithm, verificationAlgorithms } from './verification_key.ts';

export interface VerifierOptions {
  /** The issuer identifier, compared byte for byte with `iss`. */
  readonly issuer: string;
  /** This service's identifier: `aud` must hold one of these. For ID tokens, the client_id. */
  readonly audience: string | readonly string[];
  /** Default: ES256 and RS256. */
  readonly algorithms?: readonly VerificationAlgorithm[];
  /** The `typ` of the tokens `verify` takes. Default: `at+jwt`. RFC 9068 §2.1. */
  readonly typ?: string;
  /** How far the issuer's clock may be off this one, 0 to 59. Default: 10. */
  readonly clockToleranceSeconds?: number;
  /** The longest token that is looked at. Default: 16384. */
  readonly maxTokenBytes?: number;
  /** The furthest ahead `exp` may lie. Default: 86400. */
  readonly maxTokenSeconds?: number;
  /** Claims that must be there beside those of RFC 9068 §2.2. */
  readonly requiredClaims?: readonly string[];
  /** Default: `keysFromUrl` of `issuer` and `/.well-known/jwks.json`. */
  readonly keys?: KeySource;
  /** Default: none; a token is good until it expires. */
  readonly revocation?: RevocationCheck;
  /** How many verified tokens are remembered, so that the next use costs a hash instead of a signature. Default: 0. */
  readonly rememberTokens?: number;
  /** For tests. */
  readonly clock?: Clock;
  /** For tests, and for service bindings: asks for the key set and for what is revoked. */
  readonly fetch?: typeof globalThis.fetch;
}

const day = 86_400;
const year = 365 * day;

const kinds: OptionKinds<VerifierOptions> = {
  issuer: 'checked',
  audience: 'checked',
  algorithms: 'checked',
  typ: 'string',
  clockToleranceSeconds: [0, 59],
  maxTokenBytes: [256, 1_048_576],
  maxTokenSeconds: [1, year],
  requiredClaims: 'checked',
  keys: 'checked',
  revocation: 'object',
  rememberTokens: [0, 10_000_000],
  clock: 'object',
  fetch: 'function',
};

/** The options as they are used: defaults filled in, nothing left to doubt. */
export interface Policy extends TimeRules {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly algorithms: readonly VerificationAlgorithm[];
  readonly typ: string;
  readonly maxTokenBytes: number;
  readonly requiredClaims: readonly string[];
  readonly rememberTokens: number;
}

/** @throws {TypeError} RFC 8414 §2: a URL without query or fragment. */
const readIssuer = (issuer: unknown): string => {
  if (typeof issuer === 'string' && URL.canParse(issuer) && !/[?#\s]/.test(issuer)) return issuer;
  throw new TypeError(`issuer is ${JSON.stringify(issuer)}, expected its URL, as https://id.example.com.`);
};

/** @throws {TypeError} */
const readAudiences = (audience: unknown): readonly string[] => {
  const audiences: readonly unknown[] = Array.isArray(audience) ? audience : [audience];
  if (audiences.length > 0 && audiences.every((member) => typeof member === 'string' && member !== ''))
    return audiences as readonly string[];
  throw new TypeError(`audience is ${JSON.stringify(audience)}, expected this service's identifier, as in "aud".`);
};

/** @throws {TypeError} */
const readAlgorithms = (algorithms: unknown): readonly VerificationAlgorithm[] => {
  const named = new Set<unknown>(Array.isArray(algorithms) ? algorithms : []);
  const known = verificationAlgorithms.filter((alg) => named.has(alg));
  if (known.length > 0 && known.length === named.size) return known;
  throw new TypeError(
    `algorithms is ${JSON.stringify(algorithms)}, expected some of ${verificationAlgorithms.join(', ')}.`,
  );
};

/** @throws {TypeError} */
const readRequiredClaims = (names: unknown): readonly string[] => {
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names;
  throw new TypeError(`requiredClaims is ${JSON.stringify(names)}, expected names of claims.`);
};

/** @throws {TypeError} when an option cannot be right. */
export const readPolicy = (options: VerifierOptions): Policy => {
  assertOptions('createVerifier', options, kinds);
  return {
    issuer: readIssuer(options.issuer),
    audiences: readAudiences(options.audience),
    algorithms: readAlgorithms(options.algorithms ?? verificationAlgorithms),
    typ: mediaTypeOf(options.typ ?? 'at+jwt'),
    clockToleranceSeconds: options.clockToleranceSeconds ?? 10,
    maxTokenBytes: options.maxTokenBytes ?? 16_384,
    maxTokenSeconds: options.maxTokenSeconds ?? day,
    requiredClaims: readRequiredClaims(options.requiredClaims ?? []),
    rememberTokens: options.rememberTokens ?? 0,
  };
};

/** Where Keyturn publishes its keys. */
const jwksPath = '/.well-known/jwks.json';

const isKeySource = (keys: Partial<KeySource> | null): boolean =>
  typeof keys?.find === 'function' && typeof keys.ready === 'function';

/** @throws {TypeError} when `keys` is a key or a set itself; when there is no such URL, or it is not HTTPS. */
export const keySourceOf = ({ keys, issuer, fetch = runtimeFetch }: VerifierOptions): KeySource => {
  if (keys === undefined) return keysFromUrl(atIssuer(issuer, jwksPath), { fetch });
  if (isKeySource(keys)) return keys;
  throw new TypeError('keys is no source of keys, expected keysFromUrl(...), keysFromSet(...) or keysFromIssuer(...).');
};
