// `keyturn token verify`: what a resource server does, with the published key set alone. RFC 9068 §4.
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { readConfig } from '../config.ts';
import { paths } from '../endpoints/paths.ts';
import { OperatorError } from '../errors.ts';
import { type SigningAlgorithm, signingAlgorithms } from '../seams/signer.ts';
import { decodeToken, readToken } from './read_token.ts';
import { safeJson, safeText } from './safe_text.ts';
import { type AnswerOptions, answer, type Terminal } from './terminal.ts';
import { timesInWords } from './token_times.ts';

interface VerifyOptions extends AnswerOptions {
  readonly issuer?: string;
  readonly audience?: string;
  readonly typ: string;
}

interface Expected {
  readonly issuer: string;
  readonly audience?: string;
  readonly typ: string;
  readonly algorithms: SigningAlgorithm[];
}

type Members = Readonly<Record<string, unknown>>;

interface Refusal {
  /** The code of jose's error. */
  readonly reason: string;
  readonly message: string;
}

const quoted = (value: unknown): string => (value === undefined ? 'missing' : safeText(JSON.stringify(value)));

const claimMessage = (claim: string, header: Members, claims: Members, expected: Expected): string => {
  if (claim === 'iss')
    return `its iss is ${quoted(claims.iss)}, expected ${quoted(expected.issuer)}; they are compared byte for byte`;
  if (claim === 'aud')
    return `its aud is ${quoted(claims.aud)}, expected ${quoted(expected.audience)}: it is made for another resource`;
  if (claim === 'typ')
    return `its typ is ${quoted(header.typ)}, expected ${quoted(expected.typ)}: it is another kind of token`;
  if (claim === 'nbf') return 'it is not valid yet (nbf)';
  return `its ${claim} is ${quoted(claims[claim])}, which is missing or of the wrong kind`;
};

const messages: Readonly<Record<string, (header: Members) => string>> = {
  ERR_JWT_EXPIRED: () => 'it has expired',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: ({ kid }) =>
    `its signature does not verify with the key ${quoted(kid)}: it was altered, or another key made it`,
  ERR_JWKS_NO_MATCHING_KEY: ({ kid, alg }) =>
    `the key set has no ${quoted(alg)} key with the kid ${quoted(kid)}: it was signed by another issuer or database, or the key was revoked or removed`,
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: () => 'it has no kid, and more than one key could have signed it',
  ERR_JOSE_ALG_NOT_ALLOWED: ({ alg }) => `its alg is ${quoted(alg)}, expected one of ${signingAlgorithms.join(', ')}`,
};

const refusalOf = (error: errors.JOSEError, header: Members, claims: Members, expected: Expected): Refusal => {
  if (error instanceof errors.JWTClaimValidationFailed)
    return { reason: error.code, message: claimMessage(error.claim, header, claims, expected) };
  const known = Object.hasOwn(messages, error.code) ? messages[error.code] : undefined;
  return { reason: error.code, message: known?.(header) ?? safeText(error.message) };
};

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause === undefined ? error.message : reasonOf(error.cause);
};

const notFetched = (jwksUri: string, error: unknown): OperatorError =>
  new OperatorError(
    `The key set ${jwksUri} could not be fetched (${reasonOf(error)}), so nothing was verified. Is the server running? Start it with "npx keyturn serve", or name its issuer with --issuer.`,
    { cause: error },
  );

/** Whether the key set itself is at fault, not the token. */
const isKeySetFailure = (error: unknown): boolean =>
  !(error instanceof errors.JOSEError) ||
  ['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC'].includes(error.code);

const verify = async (token: string, expected: Expected): Promise<Refusal | undefined> => {
  const { header, claims } = decodeToken(token);
  if (claims === undefined)
    return { reason: 'encrypted', message: 'it is encrypted (JWE); access tokens here are only signed' };
  const jwksUri = expected.issuer + paths.jwks;
  if (!URL.canParse(jwksUri))
    throw new OperatorError(`The issuer ${expected.issuer} is no URL. Expected one like https://id.example.com.`);
  try {
    const keySet = createRemoteJWKSet(new URL(jwksUri));
    await jwtVerify(token, keySet, { ...expected, requiredClaims: ['exp'] });
    return undefined;
  } catch (error) {
    if (isKeySetFailure(error)) throw notFetched(jwksUri, error);
    return refusalOf(error as errors.JOSEError, header, claims, expected);
  }
};

export const verifyToken = async (jwt: string, options: VerifyOptions, terminal: Terminal): Promise<void> => {
  const { issuer = readConfig(terminal.environment).issuer, audience, typ } = options;
  const token = await readToken(jwt, terminal);
  const expected = { issuer, ...(audience !== undefined && { audience }), typ, algorithms: [...signingAlgorithms] };
  const refusal = await verify(token, expected);
  const { header, claims } = decodeToken(token);
  const checked = [
    `signature by ${quoted(header.kid)}`,
    `iss ${issuer}`,
    `typ ${typ}`,
    audience === undefined ? 'aud NOT checked (--audience)' : `aud ${audience}`,
  ];
  const words = refusal === undefined ? `VERIFIED: ${checked.join(', ')}.` : `DOES NOT VERIFY: ${refusal.message}.`;
  const times = timesInWords(claims ?? {}, terminal.clock.now());
  const document = { verified: refusal === undefined, ...refusal, header, claims: claims ?? null };
  answer(
    terminal,
    options,
    document,
    [words, '', `header ${safeJson(header)}`, `claims ${safeJson(claims ?? null)}`, '', ...times].join('\n'),
  );
  if (refusal !== undefined) terminal.setExitCode(1);
};
