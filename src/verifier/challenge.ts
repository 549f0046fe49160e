// How a resource refuses: status, WWW-Authenticate and body. RFC 6750 §3, RFC 9728 §5.1.

/** What every challenge of one resource says. */
export interface ProtectionSpace {
  readonly realm: string;
  /** Where the resource's metadata is. */
  readonly resourceMetadata: string | undefined;
}

/** A refused request: what to answer, and, for the log alone, why. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 503;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON; empty where the request had no credentials, as RFC 6750 §3.1 asks. */
  readonly body: string;
  /** `credentials_missing`, `credentials_malformed`, `scope_insufficient`, `role_missing`, or the code of a TokenError. */
  readonly reason: string;
  /** What verify threw. */
  readonly cause?: unknown;
}

interface Problem {
  readonly error: 'invalid_request' | 'invalid_token' | 'insufficient_scope';
  readonly description: string;
  readonly scope?: readonly string[];
}

const noStore = { 'Cache-Control': 'no-store' } as const;
const json = { ...noStore, 'Content-Type': 'application/json' } as const;

const quote = (value: string): string => `"${value.replaceAll(/["\\]/g, '\\$&')}"`;

const challengeOf = ({ realm, resourceMetadata }: ProtectionSpace, problem?: Problem): string => {
  const parameters = {
    realm,
    error: problem?.error,
    error_description: problem?.description,
    scope: problem?.scope?.join(' '),
    resource_metadata: resourceMetadata,
  };
  const given = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${quote(value)}`],
  );
  return `Bearer ${given.join(', ')}`;
};

const bodyOf = (error: string, description: string): string =>
  JSON.stringify({ error, error_description: description });

/** No credentials: the challenge alone, without an error code or other information. */
export const credentialsMissing = (space: ProtectionSpace): Refusal => ({
  status: 401,
  headers: { ...noStore, 'WWW-Authenticate': challengeOf(space) },
  body: '',
  reason: 'credentials_missing',
});

export const refusal = (
  status: 400 | 401 | 403,
  problem: Problem,
  space: ProtectionSpace,
  why: Pick<Refusal, 'reason' | 'cause'>,
): Refusal => ({
  status,
  headers: { ...json, 'WWW-Authenticate': challengeOf(space, problem) },
  body: bodyOf(problem.error, problem.description),
  ...why,
});

/** The token may be good and nobody can tell now; no challenge, because another token would not help. RFC 9110 §15.6.4. */
export const unavailable = (retryAfterSeconds: number, why: Pick<Refusal, 'reason' | 'cause'>): Refusal => ({
  status: 503,
  headers: { ...json, 'Retry-After': `${retryAfterSeconds}` },
  body: bodyOf('temporarily_unavailable', 'Access tokens cannot be verified at the moment. Try again later.'),
  ...why,
});
