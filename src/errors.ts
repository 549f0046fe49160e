// What can go wrong, in two layers: a reason (ours, logged, never sent) and the RFC's error code with a sentence for
// the client's developer (sent). Errors of operation, for the person at the terminal, are OperatorError.

type Status = 400 | 401 | 405 | 413 | 429 | 500 | 503;

interface Failure {
  readonly status: Status;
  /** As registered in the RFC named by the endpoint. */
  readonly error: string;
  readonly description: string;
}

const clientAuthenticationFailed = {
  status: 401,
  error: 'invalid_client',
  description:
    'Client authentication failed. Check the client_id, the client_secret and that the method is the one registered (token_endpoint_auth_method).',
} as const;

const malformedRequest = (description: string) => ({ status: 400, error: 'invalid_request', description }) as const;

/** Every reason a request is refused for. @see RFC 6749 §5.2, RFC 8707 §2 */
export const failures = {
  content_type_unsupported: malformedRequest(
    'The body must be sent with exactly one Content-Type: application/x-www-form-urlencoded, in UTF-8.',
  ),
  form_malformed: malformedRequest(
    'The body is not valid application/x-www-form-urlencoded: every % must start the code of a UTF-8 byte.',
  ),
  form_too_many_parameters: malformedRequest('The body has too many parameters; at most 64 are read.'),
  parameter_repeated: malformedRequest('A parameter is given more than once; each may be given once (RFC 6749 §3.2).'),
  parameters_in_query: malformedRequest('Parameters belong in the body of the POST, never in the URL.'),
  grant_type_missing: malformedRequest('The parameter grant_type is missing.'),
  client_authentication_doubled: malformedRequest(
    'The client authenticates in two ways at once; use the Authorization header or the body, not both.',
  ),
  body_too_large: { status: 413, error: 'invalid_request', description: 'The body is too large.' },
  method_not_allowed: {
    status: 405,
    error: 'invalid_request',
    description: 'This method is not served here; the Allow header names those that are.',
  },
  client_unauthenticated: clientAuthenticationFailed,
  client_unknown: clientAuthenticationFailed,
  client_secret_mismatch: clientAuthenticationFailed,
  client_authentication_malformed: clientAuthenticationFailed,
  client_authentication_method_unsupported: clientAuthenticationFailed,
  client_authentication_method_mismatch: clientAuthenticationFailed,
  grant_type_unsupported: {
    status: 400,
    error: 'unsupported_grant_type',
    description: 'This grant_type is not served here; grant_types_supported in the metadata lists those that are.',
  },
  grant_type_not_registered: {
    status: 400,
    error: 'unauthorized_client',
    description: 'This client is not registered for this grant_type (grant_types).',
  },
  client_public: {
    status: 400,
    error: 'unauthorized_client',
    description: 'A public client may not use client_credentials (RFC 6749 §4.4).',
  },
  resource_malformed: {
    status: 400,
    error: 'invalid_target',
    description: 'The resource must be an absolute URI without a fragment (RFC 8707 §2).',
  },
  resource_repeated: {
    status: 400,
    error: 'invalid_target',
    description: 'An access token has one audience here: ask for one resource at a time.',
  },
  resource_missing: {
    status: 400,
    error: 'invalid_target',
    description: 'This client is registered for no resource, so there is no audience to make a token for.',
  },
  resource_not_allowed: {
    status: 400,
    error: 'invalid_target',
    description: 'The resource is unknown, or this client is not registered for it.',
  },
  scope_malformed: {
    status: 400,
    error: 'invalid_scope',
    description: 'The scope must be a list of scope-tokens separated by single spaces (RFC 6749 §3.3).',
  },
  scope_not_allowed: {
    status: 400,
    error: 'invalid_scope',
    description: 'The scope holds a value that this client, or this resource, is not registered for.',
  },
  signing_unavailable: {
    status: 503,
    error: 'temporarily_unavailable',
    description: 'No token can be signed at this moment. Try again after the time in Retry-After.',
  },
  store_unavailable: {
    status: 503,
    error: 'temporarily_unavailable',
    description: 'The request could not be served at this moment. Try again after the time in Retry-After.',
  },
  internal: {
    status: 500,
    error: 'server_error',
    description: 'The server met an error of its own; the operator finds it in the log under this X-Request-Id.',
  },
} as const satisfies Record<string, Failure>;

export type Reason = keyof typeof failures;

/** A refused request. Thrown anywhere below an endpoint, answered once in app.ts. */
export class OAuthError extends Error {
  override name = 'OAuthError';
  readonly reason: Reason;

  constructor(reason: Reason, options?: ErrorOptions) {
    super(reason, options);
    this.reason = reason;
  }

  get failure(): Failure {
    return failures[this.reason];
  }
}

/** What the person at the terminal must put right: the message says what happened, what was expected and what to do next. */
export class OperatorError extends Error {
  override name = 'OperatorError';
}
