// biome-ignore-all lint/performance/noBarrelFile: what the package gives as keyturn/verifier is one list, and this is it.
// What `import ... from 'keyturn/verifier'` gives.
export type { AccessTokenClaims, Clock, IdTokenClaims, NumericDate, VerifiedClaims } from './claims.ts';
export type { IdTokenExpectations } from './id_token_rules.ts';
export { type KeySetStore, keySetFile, keySetInCache, keySetInKv } from './key_set_store.ts';
export type { KeySource } from './key_source.ts';
export { type JsonWebKeySet, keysFromIssuer, keysFromSet } from './keys_from_set.ts';
export { type KeysFromUrlOptions, keysFromUrl } from './keys_from_url.ts';
export type { RevocationCheck, RevocationContext } from './revocation_check.ts';
export { type FollowRevocationFeedOptions, followRevocationFeed } from './revocation_feed_follower.ts';
export type { WhenStale } from './stale_policy.ts';
export { type FollowStatusListsOptions, followStatusLists } from './status_list_follower.ts';
export { TokenError, type TokenErrorCode } from './token_error.ts';
export type { VerificationAlgorithm } from './verification_key.ts';
export { createVerifier, type Verifier } from './verifier.ts';
export type { VerifierOptions } from './verifier_options.ts';
