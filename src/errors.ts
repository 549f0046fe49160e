// What can go wrong, in two layers: a reason (ours, logged, never sent) and the RFC's error code with a sentence for
// the client's developer (sent). Errors of operation, for the person at the terminal, are OperatorError.

type Status = 400 | 401 | 403 | 405 | 413 | 415 | 429 | 500 | 503;

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

const grantRefused = {
  status: 400,
  error: 'invalid_grant',
  description:
    'The code or refresh token is unknown, expired, spent, revoked, or was given to another client, redirect_uri or code_verifier. Start a new authorization.',
} as const;

const tokenRefused = {
  status: 401,
  error: 'invalid_token',
  description: 'The access token is malformed, expired, revoked, or not one of this issuer. Get a new one.',
} as const;

const malformedRequest = (description: string) => ({ status: 400, error: 'invalid_request', description }) as const;
const pageRequired = (error: string, act: string) =>
  ({ status: 400, error, description: `The end-user has to ${act}, for which prompt=none shows no page.` }) as const;

/** Every reason a request is refused for. @see RFC 6749 §5.2, RFC 8707 §2 */
export const failures = {
  content_type_unsupported: malformedRequest(
    'The body must be sent with exactly one Content-Type: application/x-www-form-urlencoded, in UTF-8.',
  ),
  form_malformed: malformedRequest(
    'The body is not valid application/x-www-form-urlencoded: every % must start the code of a UTF-8 byte.',
  ),
  form_too_many_parameters: malformedRequest('The body has too many parameters; at most 64 are read.'),
  parameter_repeated: malformedRequest('A parameter is given more than once, and may be once (RFC 6749 section 3.2).'),
  parameters_in_query: malformedRequest('Parameters belong in the body of the POST, never in the URL.'),
  grant_type_missing: malformedRequest('The parameter grant_type is missing.'),
  client_authentication_doubled: malformedRequest(
    'The client authenticates in two ways at once; use the Authorization header or the body, not both.',
  ),
  body_cut_off: malformedRequest('The connection was closed before the whole body had come.'),
  body_too_large: { status: 413, error: 'invalid_request', description: 'The body is too large.' },
  content_coding_unsupported: {
    status: 415,
    error: 'invalid_request',
    description: 'The body has a Content-Encoding, and none is read here. Send it as it is, without that header.',
  },
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
    description: 'A public client may not use client_credentials (RFC 6749 section 4.4).',
  },
  resource_malformed: {
    status: 400,
    error: 'invalid_target',
    description: 'The resource must be an absolute URI without a fragment (RFC 8707 section 2).',
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
    description:
      'The resource is unknown, or this client is not registered for it; it must be the same to the letter, a slash at the end too.',
  },
  scope_malformed: {
    status: 400,
    error: 'invalid_scope',
    description: 'The scope must be a list of scope-tokens separated by single spaces (RFC 6749 section 3.3).',
  },
  scope_not_allowed: {
    status: 400,
    error: 'invalid_scope',
    description: 'The scope holds a value that this client, or this resource, is not registered for.',
  },
  scope_not_granted: {
    status: 400,
    error: 'invalid_scope',
    description:
      'The scope holds a value that the end-user did not grant; a refresh may ask for less, never for more (RFC 6749 section 6). Start a new authorization.',
  },
  code_missing: malformedRequest('The parameter code is missing.'),
  code_unknown: grantRefused,
  code_expired: grantRefused,
  code_used: grantRefused,
  redirect_uri_mismatch: grantRefused,
  pkce_mismatch: grantRefused,
  refresh_token_missing: malformedRequest('The parameter refresh_token is missing.'),
  refresh_token_unknown: grantRefused,
  refresh_token_expired: grantRefused,
  refresh_token_reused: grantRefused,
  client_mismatch: grantRefused,
  family_ended: grantRefused,
  user_gone: grantRefused,
  resource_mismatch: {
    status: 400,
    error: 'invalid_target',
    description: 'The resource differs from the one that was authorized.',
  },
  client_id_missing: malformedRequest('The parameter client_id is missing.'),
  authorization_client_unknown: malformedRequest('The client_id is not registered here.'),
  redirect_uri_missing: malformedRequest('The parameter redirect_uri is missing.'),
  redirect_uri_unregistered: malformedRequest(
    'The redirect_uri is not one the client registered; it must be the same to the letter.',
  ),
  response_type_missing: malformedRequest('The parameter response_type is missing; it must be code.'),
  response_type_unsupported: {
    status: 400,
    error: 'unsupported_response_type',
    description: 'The response_type is not served here; it must be code.',
  },
  response_type_not_registered: {
    status: 400,
    error: 'unauthorized_client',
    description: 'This client is not registered for the authorization code grant.',
  },
  response_mode_unsupported: malformedRequest('The response_mode is not served here; it may be query or form_post.'),
  request_unsupported: {
    status: 400,
    error: 'request_not_supported',
    description: 'Request objects are not served here.',
  },
  request_uri_unsupported: {
    status: 400,
    error: 'request_uri_not_supported',
    description: 'The parameter request_uri is not served here.',
  },
  registration_unsupported: {
    status: 400,
    error: 'registration_not_supported',
    description: 'The parameter registration is not served here.',
  },
  code_challenge_missing: malformedRequest(
    'PKCE is required: send a code_challenge and code_challenge_method=S256 (RFC 7636).',
  ),
  code_challenge_method_unsupported: malformedRequest('The code_challenge_method must be S256.'),
  code_challenge_malformed: malformedRequest(
    'The code_challenge must be 43 base64url characters, the SHA-256 of the code_verifier.',
  ),
  prompt_malformed: malformedRequest(
    'The prompt may be none alone, or login, consent, select_account and, where prompt_values_supported has it, create.',
  ),
  max_age_malformed: malformedRequest('The max_age must be a whole number of seconds, without a sign.'),
  parameter_malformed: malformedRequest('A parameter holds U+0000 (%00), which none may (RFC 6749 appendix A).'),
  parameter_too_long: malformedRequest('A parameter is longer than is accepted here.'),
  claims_malformed: malformedRequest('The claims parameter must be JSON as in OpenID Connect Core section 5.5.'),
  id_token_hint_malformed: malformedRequest('The id_token_hint is not an ID token of this issuer for this client.'),
  post_logout_redirect_uri_unregistered: malformedRequest(
    'The post_logout_redirect_uri is not one the client registered.',
  ),
  essential_acr_unmet: {
    status: 400,
    error: 'unmet_authentication_requirements',
    description: 'The authentication context asked for as essential cannot be provided.',
  },
  login_required: pageRequired('login_required', 'sign in'),
  consent_required: pageRequired('consent_required', 'consent'),
  consent_denied: { status: 400, error: 'access_denied', description: 'The end-user did not allow it.' },
  interaction_unknown: malformedRequest(
    'The sign-in took too long, or was begun in another browser. Start again at the application.',
  ),
  browser_cookie_missing: malformedRequest(
    'The browser sent no cookie: cookies are blocked, or the sign-in was begun in another browser. Start again at the application.',
  ),
  request_forged: {
    status: 403,
    error: 'access_denied',
    description:
      'The form did not come from a page of this site in this browser. Open the page again and send it from there.',
  },
  token_missing: malformedRequest('The parameter token is missing.'),
  access_token_missing: {
    status: 401,
    error: 'invalid_token',
    description:
      'No access token was sent: it goes after Bearer in the Authorization header, or as access_token in the body of a POST, never in the URL (RFC 6750 section 2).',
  },
  access_token_malformed: malformedRequest(
    'The access token is sent once: after Bearer in the Authorization header, or as access_token in the body of a POST (RFC 6750 section 2).',
  ),
  access_token_refused: tokenRefused,
  access_token_ended: tokenRefused,
  access_token_audience_other: {
    status: 401,
    error: 'invalid_token',
    description:
      'The access token is for another resource. Ask userinfo with one that was asked for without a resource, or for the first the client is registered for.',
  },
  access_token_scope_insufficient: {
    status: 403,
    error: 'insufficient_scope',
    description: 'The access token lacks the scope openid.',
  },
  admin_token_refused: {
    status: 401,
    error: 'invalid_token',
    description: 'The administration is open to whoever has the KEYTURN_ADMIN_TOKEN of this issuer.',
  },
  admin_call_unknown: malformedRequest(
    'This call of the administration is not known here. Use the version of Keyturn that the issuer runs.',
  ),
  rate_limited: {
    status: 429,
    error: 'temporarily_unavailable',
    description: 'Too many requests. Try again after the time in Retry-After.',
  },
  passwords_busy: {
    status: 503,
    error: 'temporarily_unavailable',
    description: 'Too many people are signing in. Try again after the time in Retry-After.',
  },
  signing_unavailable: {
    status: 503,
    error: 'temporarily_unavailable',
    description: 'No token can be signed or judged at this moment. Try again after the time in Retry-After.',
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

/** A refused request. Thrown anywhere below an endpoint, answered once: as JSON by error_response.ts, to people by page_endpoint.ts. */
export class OAuthError extends Error {
  override name = 'OAuthError';
  readonly reason: Reason;
  /** Sent as Retry-After where the status asks for one. */
  readonly retryAfterSeconds: number;
  /** A sentence sent after the description. Words of ours alone, never of the request. */
  readonly detail: string | undefined;

  constructor(
    reason: Reason,
    options?: ErrorOptions & { readonly retryAfterSeconds?: number; readonly detail?: string },
  ) {
    super(reason, options);
    this.reason = reason;
    this.retryAfterSeconds = options?.retryAfterSeconds ?? 5;
    this.detail = options?.detail;
  }

  get failure(): Failure {
    const failure = failures[this.reason];
    return this.detail === undefined ? failure : { ...failure, description: `${failure.description} ${this.detail}` };
  }
}

/** What the person at the terminal must put right: the message says what happened, what was expected and what to do next. */
export class OperatorError extends Error {
  override name = 'OperatorError';
}
