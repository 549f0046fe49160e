import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { issuer, makeKey, now, refusalOf, signRaw, verifierFor } from './signed_tokens.ts';

const clientId = 'web-app';
const keys = [makeKey('ES256'), makeKey('RS256')];
const [key] = keys as [(typeof keys)[0]];
const verifier = verifierFor(keys, { audience: clientId });
const accessToken = 'an.access.token';
const atHash = createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url');
const goodClaims = { iss: issuer, sub: 'alice', aud: clientId, exp: now + 600, iat: now, auth_time: now - 30 };

const idToken = (claims: object, header: object = {}, by = key): string =>
  signRaw({ alg: by.alg, kid: by.kid, typ: 'JWT', ...header }, { ...goodClaims, ...claims }, by);
type Expectations = Parameters<typeof verifier.verifyIdToken>[1];
const refused = (claims: object, expectations?: Expectations) =>
  refusalOf(verifier.verifyIdToken(idToken(claims), expectations));
const subjectOf = async (claims: object, expectations?: Expectations, header?: object): Promise<string> =>
  (await verifier.verifyIdToken(idToken(claims, header), expectations)).sub;

describe('ID tokens, OpenID Connect Core 1.0 §3.1.3.7', () => {
  test.each(keys)('a good one of $alg gives its claims, with typ JWT or none', async (by) => {
    expect(await verifier.verifyIdToken(idToken({}, {}, by))).toEqual(goodClaims);
    expect(await verifier.verifyIdToken(idToken({}, { typ: undefined }, by))).toEqual(goodClaims);
  });

  test('its nonce is the one that was sent', async () => {
    expect(await subjectOf({ nonce: 'n' }, { nonce: 'n' })).toBe('alice');
    expect(await refused({ nonce: 'n' }, { nonce: 'other' })).toBe('nonce_mismatch');
    expect(await refused({}, { nonce: 'n' })).toBe('nonce_mismatch');
    expect(await refused({ nonce: 'n' })).toBe('nonce_mismatch');
    expect(await refused({ nonce: ['n'] }, { nonce: 'n' })).toBe('claim_invalid');
  });

  test('it is for this client alone', async () => {
    expect(await refused({ aud: 'another' })).toBe('audience_mismatch');
    expect(await refused({ aud: [clientId, 'another'], azp: clientId })).toBe('audience_mismatch');
    expect(await subjectOf({ aud: [clientId] })).toBe('alice');
  });

  test('azp, where there is one, is this client; of several audiences one is named', async () => {
    expect(await subjectOf({ azp: clientId })).toBe('alice');
    expect(await refused({ azp: 'another' })).toBe('authorized_party_mismatch');
    expect(await refused({ azp: [clientId] })).toBe('authorized_party_mismatch');
    const two = verifierFor(keys, { audience: [clientId, 'mobile-app'] });
    const aud = [clientId, 'mobile-app'];
    expect(await refusalOf(two.verifyIdToken(idToken({ aud })))).toBe('authorized_party_mismatch');
    expect((await two.verifyIdToken(idToken({ aud, azp: clientId }))).azp).toBe(clientId);
  });

  test('at_hash is that of the access token that came with it', async () => {
    expect(await subjectOf({ at_hash: atHash }, { accessToken })).toBe('alice');
    expect(await refused({ at_hash: atHash }, { accessToken: 'another' })).toBe('access_token_mismatch');
    expect(await refused({}, { accessToken })).toBe('access_token_mismatch');
    expect(await refused({ at_hash: '' }, { accessToken })).toBe('access_token_mismatch');
  });

  test('with max_age, auth_time is there and recent', async () => {
    expect(await subjectOf({}, { maxAgeSeconds: 30 })).toBe('alice');
    expect(await refused({ auth_time: now - 3700 }, { maxAgeSeconds: 3600 })).toBe('authentication_too_old');
    expect(await refused({ auth_time: undefined }, { maxAgeSeconds: 3600 })).toBe('claim_invalid');
    expect(await refused({ auth_time: String(now) }, { maxAgeSeconds: 3600 })).toBe('claim_invalid');
    expect(await refused({}, { maxAgeSeconds: Number.NaN })).toBe('authentication_too_old');
  });

  test('iss, exp, iat and sub are held to as everywhere', async () => {
    expect(await refused({ iss: `${issuer}/` })).toBe('issuer_mismatch');
    expect(await refused({ exp: now - 60 })).toBe('token_expired');
    expect(await refused({ iat: now + 60 })).toBe('token_not_yet_valid');
    expect(await refused({ iat: undefined })).toBe('claim_invalid');
    expect(await refused({ sub: undefined })).toBe('claim_invalid');
  });

  test.each(['at+jwt', 'logout+jwt', 'dpop+jwt'])('T018: typ %s is no ID token', async (typ) => {
    expect(await refusalOf(verifier.verifyIdToken(idToken({}, { typ })))).toBe('type_mismatch');
  });
});
