import type { NumericDate } from './clock.ts';

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
  /** SHA-256, base64url; null for a public client. */
  readonly clientSecretSha256: string | null;
  /** The secret before the last rotation, honoured until `previousClientSecretExpiresAt`. */
  readonly previousClientSecretSha256: string | null;
  readonly previousClientSecretExpiresAt: NumericDate | null;
  readonly clientIdIssuedAt: NumericDate;
}

export interface ClientStore {
  findClient(clientId: string): Promise<Client | undefined>;
  listClients(): Promise<readonly Client[]>;
  /** @returns false when the client_id is taken; nothing changed then. */
  addClient(client: Client): Promise<boolean>;
  /** Keeps the present secret valid until `previousExpiresAt`. @returns false when there is no such client with a secret. */
  rotateClientSecret(clientId: string, secretSha256: string, previousExpiresAt: NumericDate): Promise<boolean>;
  /** @returns false when there is no such client. */
  removeClient(clientId: string): Promise<boolean>;
}
