import { describe, expect, test } from 'vitest';
import {
  audience,
  encode,
  goodClaims,
  headerOf,
  issuer,
  makeKey,
  makeToken,
  now,
  refusalOf,
  signRaw,
  verifierFor,
} from './signed_tokens.ts';

const key = makeKey('ES256');
const verifier = verifierFor([key]);
const refused = (claims: object, header: object = {}) => refusalOf(verifier.verify(makeToken(key, claims, header)));
const accepted = async (claims: object): Promise<boolean> =>
  (await verifier.verify(makeToken(key, claims))).sub === goodClaims.sub;

/** JSON with a number as it is written here. */
const withExp = (exp: string): string => {
  const { exp: _, ...claims } = goodClaims;
  return signRaw(headerOf(key), `{"exp":${exp},${JSON.stringify(claims).slice(1)}`, key);
};

describe('access tokens, RFC 9068 §4', () => {
  test.each([
    ['missing', undefined, 'claim_invalid'],
    ['a string', String(now + 600), 'claim_invalid'],
    ['negative', -1, 'claim_invalid'],
    ['null', null, 'claim_invalid'],
    ['in milliseconds', (now + 600) * 1000, 'token_lives_too_long'],
    ['past', now - 11, 'token_expired'],
    ['as long ago as the tolerance', now - 10, 'token_expired'],
  ])('T014: an exp that is %s is refused', async (_, exp, code) => {
    expect(await refused({ exp })).toBe(code);
  });

  test('T014: an exp that no number can hold is refused, and a fraction is legal', async () => {
    expect(await refusalOf(verifier.verify(withExp('1e400')))).toBe('claim_invalid');
    expect(await verifier.verify(withExp(`${now}.5`))).toMatchObject({ exp: now + 0.5 });
  });

  test('T014: a token is good until exp and the tolerance', async () => {
    expect(await accepted({ exp: now - 9.9 })).toBe(true);
    const exact = verifierFor([key], { clockToleranceSeconds: 0 });
    expect(await refusalOf(exact.verify(makeToken(key, { exp: now })))).toBe('token_expired');
    expect((await exact.verify(makeToken(key, { exp: now + 1 }))).exp).toBe(now + 1);
  });

  test.each(['iat', 'nbf'])('T015: a token whose %s is 10 s ahead is good, one of 60 s ahead is not', async (claim) => {
    expect(await accepted({ [claim]: now + 10 })).toBe(true);
    expect(await refused({ [claim]: now + 60 })).toBe('token_not_yet_valid');
    for (const value of ['1', null, -1, {}]) expect(await refused({ [claim]: value })).toBe('claim_invalid');
  });

  test('T015: however tolerant a verifier may be set, 60 s ahead is refused', async () => {
    const tolerant = verifierFor([key], { clockToleranceSeconds: 59 });
    expect(await refusalOf(tolerant.verify(makeToken(key, { nbf: now + 60 })))).toBe('token_not_yet_valid');
  });

  test.each([
    ['another', 'https://other.example.com', 'audience_mismatch'],
    ['missing', undefined, 'claim_invalid'],
    ['empty', '', 'claim_invalid'],
    ['an empty array', [], 'claim_invalid'],
    ['a prefix', audience.slice(0, -1), 'audience_mismatch'],
    ['longer', `${audience}/`, 'audience_mismatch'],
    ['in another case', audience.toUpperCase(), 'audience_mismatch'],
    ['ours beside a number', [audience, 1], 'claim_invalid'],
    ['ours in an array in an array', [[audience]], 'claim_invalid'],
    ['an object', { 0: audience, length: 1 }, 'claim_invalid'],
    ['a list of others', ['a', 'b'], 'audience_mismatch'],
  ])('T016: an aud that is %s is refused', async (_, aud, code) => {
    expect(await refused({ aud })).toBe(code);
  });

  test('T016: an array that holds ours is good, and so is any of several of ours', async () => {
    expect(await accepted({ aud: ['https://other.example.com', audience] })).toBe(true);
    const several = verifierFor([key], { audience: ['a', audience] });
    expect((await several.verify(makeToken(key))).aud).toBe(audience);
  });

  test.each([
    `${issuer}/`,
    issuer.toUpperCase(),
    issuer.replace('https', 'http'),
    `${issuer}/tenant`,
    'https://id.example.com.evil.example',
    undefined,
    [issuer],
    null,
  ])('T017: an iss that is %j is refused', async (iss) => {
    expect(await refused({ iss })).toBe('issuer_mismatch');
  });

  test.each(['JWT', 'dpop+jwt', 'logout+jwt', 'statuslist+jwt', 'at+jwtx', 'application/jwt', '', undefined])(
    'T018: typ %j is no access token',
    async (typ) => {
      expect(await refused({}, { typ })).toBe('type_mismatch');
    },
  );

  test('T018: an ID token is no access token, and an access token no ID token', async () => {
    const idToken = signRaw({ alg: 'ES256', kid: key.kid, typ: 'JWT' }, goodClaims, key);
    expect(await refusalOf(verifier.verify(idToken))).toBe('type_mismatch');
    expect(await refusalOf(verifier.verifyIdToken(makeToken(key)))).toBe('type_mismatch');
  });

  test.each(['at+jwt', 'application/at+jwt', 'AT+JWT'])('typ %s is one, RFC 9068 §4', async (typ) => {
    expect((await verifier.verify(makeToken(key, {}, { typ }))).sub).toBe('alice');
  });

  test('another typ can be asked for', async () => {
    const other = verifierFor([key], { typ: 'application/x+jwt' });
    expect((await other.verify(makeToken(key, {}, { typ: 'x+jwt' }))).sub).toBe('alice');
    expect(await refusalOf(other.verify(makeToken(key)))).toBe('type_mismatch');
    expect(await refused({}, { typ: ['at+jwt'] })).toBe('token_malformed');
  });

  test.each(['sub', 'client_id', 'jti', 'iat'])('%s is required and has its type, RFC 9068 §2.2', async (claim) => {
    for (const value of [undefined, null, '', {}, []]) expect(await refused({ [claim]: value })).toBe('claim_invalid');
  });

  test('scope may be left out, but is a string', async () => {
    expect(await accepted({ scope: undefined })).toBe(true);
    expect(await refused({ scope: ['read'] })).toBe('claim_invalid');
  });

  test('claims that a service requires must be there; what an object inherits is not', async () => {
    const strict = verifierFor([key], { requiredClaims: ['roles', 'toString'] });
    expect(await refusalOf(strict.verify(makeToken(key)))).toBe('claim_invalid');
    expect(await refusalOf(strict.verify(makeToken(key, { roles: [] })))).toBe('claim_invalid');
    expect(await refusalOf(strict.verify(makeToken(key, { roles: null, toString: 1 })))).toBe('claim_invalid');
    expect((await strict.verify(makeToken(key, { roles: [], toString: 1 }))).roles).toEqual([]);
  });

  test('a claim as deep as the size allows is refused with a code', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const big = verifierFor([key], { maxTokenBytes: 1_000_000 });
    const { aud: _, ...claims } = goodClaims;
    const token = signRaw(headerOf(key), `{"aud":${deep},${JSON.stringify(claims).slice(1)}`, key);
    expect(await refusalOf(big.verify(token))).toBe('claim_invalid');
    expect(encode('')).toBe('');
  });
});
