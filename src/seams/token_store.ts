import type { AuditEvent } from './audit_store.ts';
import type { NumericDate } from './clock.ts';
import type { StatusPlace } from './revocation_store.ts';

/** What an end-user's authorization carries into codes and token families. */
export interface AuthorizedByUser {
  readonly clientId: string;
  readonly sub: string;
  readonly sid: string;
  readonly scope: readonly string[];
  /** RFC 8707 resource the access tokens are for; the issuer itself when the client has none. */
  readonly resource: string;
  readonly authTime: NumericDate;
  readonly acr: string;
  readonly amr: readonly string[];
  readonly nonce: string | null;
  /** The `claims` parameter as checked, OIDC Core §5.5: names asked for in each place. */
  readonly idTokenClaims: readonly string[];
  readonly userinfoClaims: readonly string[];
}

export interface AuthorizationCode extends AuthorizedByUser {
  /** SHA-256, base64url. The code itself is never kept. */
  readonly codeHash: string;
  readonly redirectUri: string;
  /** S256, RFC 7636 §4.2; null for a client registered to go without. */
  readonly codeChallenge: string | null;
  readonly expiresAt: NumericDate;
  readonly usedAt: NumericDate | null;
  /** The family of tokens it gave, once used. */
  readonly familyId: string;
}

/** All tokens that came of one authorization. */
export interface TokenFamily extends AuthorizedByUser {
  readonly familyId: string;
  /** Granted offline_access: outlives the session. */
  readonly offline: boolean;
  readonly createdAt: NumericDate;
  /** Ends here whatever happens. */
  readonly expiresAt: NumericDate;
  readonly endedAt: NumericDate | null;
  readonly endReason: string | null;
  /** SHA-256 of the secret in each of its refresh tokens, base64url; null where they have none, or there are none. */
  readonly secretHash: string | null;
}

export interface RefreshToken {
  readonly tokenHash: string;
  readonly familyId: string;
  readonly expiresAt: NumericDate;
  readonly usedAt: NumericDate | null;
  /** The answer it was exchanged for, sealed under a key derived from the token itself; null until used. */
  readonly answer: string | null;
  /** Its value tells its family, so that it need not be kept for its reuse to be seen. */
  readonly tellsFamily: boolean;
}

export interface RefreshRotation {
  readonly tokenHash: string;
  readonly usedAt: NumericDate;
  readonly answer: string;
  /** Where the access token of the answer stands in a status list, if it does. */
  readonly place?: StatusPlace | null;
  readonly successor: RefreshToken;
}

/** What must be so for a code to be added. */
export interface CodeConditions {
  /** The interaction it ends, by its idHash, is there still. */
  readonly ends?: string | undefined;
  /** Its end-user's consent to its client stands. */
  readonly consentStands?: boolean;
}

export interface TokenStore {
  /**
   * Adds a code, and ends the interaction it is the answer to; all or nothing.
   *
   * @returns false when something of `where` is not so; nothing changed then.
   */
  addAuthorizationCode(code: AuthorizationCode, where?: CodeConditions): Promise<boolean>;
  findAuthorizationCode(codeHash: string): Promise<AuthorizationCode | undefined>;
  /**
   * Spends a code and starts its family, with its first refresh token where there is one, and its access token's
   * place in a status list, and records `family.started` with it; all or nothing.
   *
   * @returns false when the code was spent before, or its session, user or client is gone; nothing changed then.
   */
  redeemCode(
    codeHash: string,
    usedAt: NumericDate,
    family: TokenFamily,
    refreshToken: RefreshToken | null,
    place?: StatusPlace | null,
  ): Promise<boolean>;
  findFamily(familyId: string): Promise<TokenFamily | undefined>;
  findRefreshToken(tokenHash: string): Promise<{ token: RefreshToken; family: TokenFamily } | undefined>;
  /** Spends a refresh token and adds its successor, all or nothing. @returns false when it was spent before, or its family ended. */
  rotateRefreshToken(rotation: RefreshRotation): Promise<boolean>;
  /**
   * Ends a family and revokes its access tokens, and records `family.ended` with it, as everything does that ends families.
   *
   * @returns false when it had ended before.
   */
  endFamily(familyId: string, reason: string, at: NumericDate): Promise<boolean>;
  /** Refuses one access token until it expires by itself. Keyed by `jti`, never by the token's text. */
  denyToken(jti: string, expiresAt: NumericDate, place?: StatusPlace | null, event?: AuditEvent | null): Promise<void>;
  isTokenDenied(jti: string): Promise<boolean>;
}
