import type { SigningAlgorithm } from './signer.ts';

/** The limits a request may be refused by. */
export const limitNames = ['authorization', 'change_password', 'client', 'sign_in', 'sign_up'] as const;
export type LimitName = (typeof limitNames)[number];

export const signInOutcomes = ['succeeded', 'failed', 'rate_limited', 'busy'] as const;
export type SignInOutcome = (typeof signInOutcomes)[number];

/** Why a request ended the tokens of one authorization. */
export const familyEndReasons = ['refresh_token_reused', 'code_reused', 'revoked_by_client'] as const;
export type FamilyEndReason = (typeof familyEndReasons)[number];

/** Settled is one that was taken, was refused for good, or whose client is gone. */
export const deliveryOutcomes = ['settled', 'postponed', 'given_up'] as const;
export type DeliveryOutcome = (typeof deliveryOutcomes)[number];

/** How a call of the store failed: it may be tried again, or it may not. */
export const storeFailures = ['unavailable', 'other'] as const;
export type StoreFailure = (typeof storeFailures)[number];

export interface MetricsPage {
  readonly contentType: string;
  readonly body: string;
}

/**
 * What is counted while requests are served. Every name that is passed comes from a closed set of ours (an endpoint, a
 * grant_type that was proved, a reason of errors.ts), never from a request: so what is kept is bounded,
 * and nobody is in it.
 */
export interface Metrics {
  /** @param status - as sent; `aborted` when the peer went away before it had all. */
  requestServed(endpoint: string, status: number | 'aborted', seconds: number): void;
  requestRefused(reason: string): void;
  accessTokenIssued(alg: SigningAlgorithm, grantType: string): void;
  idTokenIssued(alg: SigningAlgorithm, grantType: string): void;
  rateLimited(limit: LimitName): void;
  signIn(outcome: SignInOutcome): void;
  /** Tokens of one authorization were ended by a request. */
  familyEnded(reason: FamilyEndReason): void;
  logoutDelivery(outcome: DeliveryOutcome): void;
  /** How many streams of the revocation feed are open. */
  feedFollowers(count: number): void;
  /** A password was hashed, after so long in the queue. */
  passwordHashed(waitedSeconds: number): void;
  storeWritten(seconds: number): void;
  storeFailed(failure: StoreFailure): void;
  /** Everything counted so far, to be read by a scraper; undefined where nothing is counted. */
  page(): Promise<MetricsPage | undefined>;
}

const nothing = (): void => undefined;

/** Counts nothing. */
export const noMetrics: Metrics = {
  requestServed: nothing,
  requestRefused: nothing,
  accessTokenIssued: nothing,
  idTokenIssued: nothing,
  rateLimited: nothing,
  signIn: nothing,
  familyEnded: nothing,
  logoutDelivery: nothing,
  feedFollowers: nothing,
  passwordHashed: nothing,
  storeWritten: nothing,
  storeFailed: nothing,
  page: async () => undefined,
};

/** What one ring is like at an instant. */
export interface RingFacts {
  readonly alg: SigningAlgorithm;
  readonly standbyMissing: boolean;
  /** Until the standby takes over; undefined while there is none. */
  readonly nextTurnSeconds: number | undefined;
  /** How far past its period the active key signs; 0 when it is not. */
  readonly overdueSeconds: number;
  /** For each state the keys in it, and how long the eldest has been in it. */
  readonly states: readonly { readonly state: string; readonly keys: number; readonly eldestSeconds: number }[];
}

/** What this node is like at an instant: read when a scraper asks. */
export interface NodeFacts {
  /** Whether it signs; `/health/ready` says why not. */
  readonly signing: boolean;
  /** Infinite before the keys were first read. */
  readonly snapshotAgeSeconds: number;
  readonly clockOffsetSeconds: number;
  readonly rings: readonly RingFacts[];
}
