import type { Parameters } from '../form_urlencoded.ts';

/** What a request says of its client, as received. */
export interface TokenRequest {
  /** The Authorization header; undefined when absent. */
  readonly authorization: string | undefined;
  readonly parameters: Parameters;
}

export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** One token_endpoint_auth_method. */
export interface ClientAuthenticationMethod {
  /** Whether the request uses this method, rightly or wrongly. */
  isUsed(request: TokenRequest): boolean;
  /** @throws {OAuthError} client_authentication_malformed. */
  read(request: TokenRequest): ClientCredentials;
}
