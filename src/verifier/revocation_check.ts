// What the verifier asks about revocation before it accepts a token. How the answer is followed (a status list, a feed) is
// the implementation's; the verifier never calls the network for one token.
import type { Clock, NumericDate, VerifiedClaims } from './claims.ts';
import { TokenError } from './token_error.ts';

/** What a revocation check is given to work with, once, by the verifier it belongs to. */
export interface RevocationContext {
  /** The issuer identifier tokens must have. */
  readonly issuer: string;
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
  /**
   * Verifies another document the issuer signed, a status list or a feed, with the same keys, algorithms, size limit apart
   * (`maxBytes`) and strictness: signature, `typ`, that `iss` is the issuer's where there is one, `exp` where there is one.
   *
   * @returns its claims. @throws {TokenError}
   */
  verifyDocument(token: string, typ: string, maxBytes: number): Promise<Readonly<Record<string, unknown>>>;
}

export interface RevocationCheck {
  /** Begins to follow what is revoked; called once, when the verifier is made. Nothing it starts may keep a process alive. */
  start(context: RevocationContext): void;
  /** Settles when the first state is known. @throws {TokenError} revocation_stale: it could not be had. */
  ready(): Promise<void>;
  /**
   * Called for every token, remembered ones too, after everything else about it was checked.
   *
   * @returns undefined when the token stands, at once on the hot path; a promise only where something has to be fetched
   *   first (the first token of a list).
   * @throws {TokenError} token_revoked, revocation_stale; a returned promise rejects with the same.
   */
  check(claims: VerifiedClaims, now: NumericDate): Promise<void> | undefined;
  /** Ends what `start` began. */
  close(): void;
}

/** @throws {TypeError} a second verifier would have what is revoked looked for at its own issuer alone. */
export const assertFirst = (context: RevocationContext | undefined): void => {
  if (context !== undefined)
    throw new TypeError('This revocation is that of another verifier already: each needs one of its own.');
};

export const followsNoMore = (): TokenError =>
  new TokenError('revocation_stale', 'The verifier was closed, so what is revoked is not known any more.');
