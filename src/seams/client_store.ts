import type { AuditEvent } from './audit_store.ts';
import type { NumericDate } from './clock.ts';
import type { SigningAlgorithm } from './signer.ts';

/** A registered client. @see RFC 7591 §2 https://www.rfc-editor.org/rfc/rfc7591#section-2 */
export interface Client {
  readonly clientId: string;
  readonly clientName: string | null;
  readonly tokenEndpointAuthMethod: string;
  readonly grantTypes: readonly string[];
  readonly redirectUris: readonly string[];
  /** The scope values this client may ask for. */
  readonly scope: readonly string[];
  /** The resource identifiers (RFC 8707) this client may ask tokens for; the first is the default. */
  readonly resources: readonly string[];
  /** Ours: the resources this client is the server of; it may introspect the tokens made for them. */
  readonly serves: readonly string[];
  /** SHA-256, base64url; null for a public client. */
  readonly clientSecretSha256: string | null;
  /** The secret before the last rotation, honoured until `previousClientSecretExpiresAt`. */
  readonly previousClientSecretSha256: string | null;
  readonly previousClientSecretExpiresAt: NumericDate | null;
  readonly clientIdIssuedAt: NumericDate;
  /** Ours: tokens with an `iat` up to and with it are revoked. */
  readonly tokensNotBefore: NumericDate | null;
  /** `native` may use loopback redirect URIs on any port. @see RFC 8252 §7.3 */
  readonly applicationType: 'web' | 'native';
  /** Ours, not the RFC's: our own application, whose end-users are not asked for consent. */
  readonly firstParty: boolean;
  /** Ours: a confidential client whose software cannot do PKCE. Loudly named where it is set. */
  readonly dangerouslyAllowNoPkce: boolean;
  /** OpenID Connect Dynamic Client Registration 1.0 §2. */
  readonly idTokenSignedResponseAlg: SigningAlgorithm;
  /** Null: userinfo answers plain JSON. */
  readonly userinfoSignedResponseAlg: SigningAlgorithm | null;
  /** Ours: the end-user's claims put into ID tokens, over those the scope puts into userinfo. */
  readonly idTokenClaims: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  readonly backchannelLogoutUri: string | null;
  readonly backchannelLogoutSessionRequired: boolean;
}

/** What holds for a client that says nothing of it. @see RFC 7591 §2, OpenID Connect Dynamic Client Registration 1.0 §2 */
export const clientDefaults = {
  clientName: null,
  tokenEndpointAuthMethod: 'client_secret_basic',
  redirectUris: [],
  serves: [],
  previousClientSecretSha256: null,
  previousClientSecretExpiresAt: null,
  tokensNotBefore: null,
  applicationType: 'web',
  firstParty: false,
  dangerouslyAllowNoPkce: false,
  idTokenSignedResponseAlg: 'RS256',
  userinfoSignedResponseAlg: null,
  idTokenClaims: [],
  postLogoutRedirectUris: [],
  backchannelLogoutUri: null,
  backchannelLogoutSessionRequired: false,
} as const satisfies Partial<Client>;

export interface ClientStore {
  findClient(clientId: string): Promise<Client | undefined>;
  listClients(): Promise<readonly Client[]>;
  /** @returns false when the client_id is taken; nothing changed then. */
  addClient(client: Client, event?: AuditEvent | null): Promise<boolean>;
  /** Keeps the present secret valid until `previousExpiresAt`. @returns false when there is no such client with a secret. */
  rotateClientSecret(
    clientId: string,
    secretSha256: string,
    previousExpiresAt: NumericDate,
    event?: AuditEvent | null,
  ): Promise<boolean>;
  /** @returns false when there is no such client. */
  removeClient(clientId: string, event?: AuditEvent | null): Promise<boolean>;
}
