/** The error codes of registration; the last is ours, for resources. @see RFC 7591 §3.2.2 https://www.rfc-editor.org/rfc/rfc7591#section-3.2.2 */
export type RegistrationErrorCode = 'invalid_client_metadata' | 'invalid_redirect_uri' | 'invalid_resource_metadata';

/** Metadata that cannot be registered. The message begins with the code and says what was expected. */
export class RegistrationError extends Error {
  override name = 'RegistrationError';
  readonly error: RegistrationErrorCode;
  readonly description: string;

  constructor(error: RegistrationErrorCode, description: string) {
    super(`${error}: ${description}`);
    this.error = error;
    this.description = description;
  }
}
