// `keyturn token verify`: what a resource server does, with the published key set alone. RFC 9068 §4.
import { readConfig } from '../config.ts';
import { paths } from '../endpoints/paths.ts';
import { OperatorError } from '../errors.ts';
import { assertAudience, assertIssuer } from '../verifier/claim_checks.ts';
import type { KeySource } from '../verifier/key_source.ts';
import { keysFromSet } from '../verifier/keys_from_set.ts';
import { keysFromUrl } from '../verifier/keys_from_url.ts';
import { createSignatureCheck } from '../verifier/signature_check.ts';
import { assertTimes } from '../verifier/time_claims.ts';
import { TokenError, type TokenErrorCode } from '../verifier/token_error.ts';
import { createVerifier } from '../verifier/verifier.ts';
import { readPolicy, type VerifierOptions } from '../verifier/verifier_options.ts';
import { readJsonObject } from './read_json_object.ts';
import { decodeToken, readToken } from './read_token.ts';
import { safeJson, safeText } from './safe_text.ts';
import { type AnswerOptions, answer, type Terminal } from './terminal.ts';
import { timesInWords } from './token_times.ts';

interface VerifyOptions extends AnswerOptions {
  readonly issuer?: string;
  readonly audience?: string;
  readonly typ: string;
  readonly offline?: boolean;
  readonly jwks?: string;
}

type Expected = VerifierOptions & { readonly typ: string };

interface Refusal {
  readonly reason: TokenErrorCode;
  readonly message: string;
}

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return reasonOf(error.cause);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
};

const notFetched = (jwksUri: string, error: TokenError): OperatorError =>
  new OperatorError(
    `The key set ${jwksUri} could not be fetched (${safeText(reasonOf(error.cause))}), so nothing was verified. Is the server running? Start it with "npx keyturn serve", name its issuer with --issuer, or give a key set you kept with --jwks FILE.`,
    { cause: error },
  );

const keysOfIssuer = (issuer: string): KeySource => {
  const jwksUri = issuer + paths.jwks;
  try {
    const keys = keysFromUrl(jwksUri);
    const tell = (error: unknown) => {
      throw error instanceof TokenError && error.code === 'keys_unavailable' ? notFetched(jwksUri, error) : error;
    };
    return { ...keys, find: async (kid, now) => Promise.resolve(keys.find(kid, now)).catch(tell) };
  } catch (cause) {
    throw new OperatorError(
      `The issuer ${issuer} cannot be asked for its keys. ${(cause as Error).message} Expected an issuer like https://id.example.com.`,
      { cause },
    );
  }
};

const keysOfFile = async (file: string, terminal: Terminal): Promise<KeySource> => {
  const set = await readJsonObject(file, terminal, 'a JWK Set, like {"keys":[…]}');
  try {
    return keysFromSet(set as { keys: readonly unknown[] });
  } catch (cause) {
    throw new OperatorError(
      `${file === '-' ? 'Standard input' : `The file ${file}`} has no key to verify with. Keep one with: curl -fsS ISSUER${paths.jwks} -o FILE`,
      { cause },
    );
  }
};

const keysOf = (jwt: string, issuer: string, options: VerifyOptions, terminal: Terminal) => {
  const { offline = false, jwks } = options;
  if (jwks === undefined && offline)
    throw new OperatorError(
      `Offline, the key set has to be at hand: --jwks FILE. Keep it with: curl -fsS ${issuer}${paths.jwks} -o FILE`,
    );
  if (jwks === undefined) return keysOfIssuer(issuer);
  if (jwks === '-' && jwt === '-')
    throw new OperatorError('Standard input can be the token or the key set, not both. Name a file for one of them.');
  return keysOfFile(jwks, terminal);
};

/** Tokens of other types have other claims; what they share is checked. */
const verifyOther = async (token: string, expected: Expected, keys: KeySource, now: number): Promise<void> => {
  const policy = readPolicy(expected);
  const checkSignature = createSignatureCheck(keys, policy.algorithms);
  const { claims } = await checkSignature(token, { typs: [policy.typ], maxBytes: policy.maxTokenBytes, now });
  assertIssuer(claims, policy.issuer);
  assertAudience(claims, policy.audiences);
  assertTimes(claims, policy, now);
};

const encrypted = {
  reason: 'token_malformed',
  message: 'It is encrypted (JWE); access tokens here are only signed.',
} as const;

const verify = async (
  token: string,
  expected: Expected,
  keys: KeySource,
  now: number,
): Promise<Refusal | undefined> => {
  if (decodeToken(token).claims === undefined) return encrypted;
  try {
    if (expected.typ === 'at+jwt') await createVerifier({ ...expected, keys, clock: { now: () => now } }).verify(token);
    else await verifyOther(token, expected, keys, now);
    return undefined;
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    return { reason: error.code, message: safeText(error.message) };
  }
};

/** Where none is asked for, whatever the token has: it was not checked, and the answer says so. */
const audienceOf = (asked: string | undefined, aud: unknown): string => {
  if (asked !== undefined) return asked;
  const first: unknown = Array.isArray(aud) ? aud[0] : aud;
  return typeof first === 'string' && first !== '' ? first : 'any';
};

export const verifyToken = async (jwt: string, options: VerifyOptions, terminal: Terminal): Promise<void> => {
  const { issuer = readConfig(terminal.environment).issuer, audience, typ } = options;
  if (!URL.canParse(issuer))
    throw new OperatorError(`The issuer ${issuer} is no URL. Expected one like https://id.example.com.`);
  const keys = await keysOf(jwt, issuer, options, terminal);
  const token = await readToken(jwt, terminal);
  const { header, claims } = decodeToken(token);
  const expected = { issuer, audience: audienceOf(audience, claims?.aud), typ };
  const now = terminal.clock.now();
  const refusal = await verify(token, expected, keys, now);
  const checked = [
    `signature by ${safeText(JSON.stringify(header.kid) ?? 'missing')}`,
    `iss ${issuer}`,
    `typ ${typ}`,
    audience === undefined ? 'aud NOT checked (--audience)' : `aud ${audience}`,
  ];
  const words = refusal === undefined ? `VERIFIED: ${checked.join(', ')}.` : `DOES NOT VERIFY: ${refusal.message}`;
  const document = { verified: refusal === undefined, ...refusal, header, claims: claims ?? null };
  answer(
    terminal,
    options,
    document,
    [
      words,
      '',
      `header ${safeJson(header)}`,
      `claims ${safeJson(claims ?? null)}`,
      '',
      ...timesInWords(claims ?? {}, now),
    ].join('\n'),
  );
  if (refusal !== undefined) terminal.setExitCode(1);
};
