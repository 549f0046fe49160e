import { describe, expect, test } from 'vitest';
import { checkClaims } from '../../src/authorization_request/claims.ts';
import { checkCodeChallenge } from '../../src/authorization_request/code_challenge.ts';
import { checkMaxAge, checkPrompt } from '../../src/authorization_request/prompt.ts';
import { checkRequestObject } from '../../src/authorization_request/request_object.ts';
import { checkResponseType } from '../../src/authorization_request/response_type.ts';
import { failures, type OAuthError } from '../../src/errors.ts';
import { parseForm } from '../../src/form_urlencoded.ts';
import { makeClient } from '../contracts/records.ts';

const client = makeClient('app');
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

/** The error code sent, and why; undefined when nothing is refused. */
const refusalOf = (check: () => unknown): string | undefined => {
  try {
    check();
  } catch (error) {
    const { reason } = error as OAuthError;
    return `${failures[reason].error} ${reason}`;
  }
  return undefined;
};

describe('code_challenge, RFC 7636 §4.3', () => {
  const refusal = (query: string, of = client) => refusalOf(() => checkCodeChallenge(parseForm(query), of));

  test('T053: S256 is taken', () => {
    expect(checkCodeChallenge(parseForm(`code_challenge=${challenge}&code_challenge_method=S256`), client)).toBe(
      challenge,
    );
  });

  test.each([
    ['no challenge', '', 'code_challenge_missing'],
    ['a method alone', 'code_challenge_method=S256', 'code_challenge_missing'],
    ['an empty challenge', 'code_challenge=&code_challenge_method=S256', 'code_challenge_missing'],
    ['plain', `code_challenge=${challenge}&code_challenge_method=plain`, 'code_challenge_method_unsupported'],
    ['no method, which means plain', `code_challenge=${challenge}`, 'code_challenge_method_unsupported'],
    ['s256', `code_challenge=${challenge}&code_challenge_method=s256`, 'code_challenge_method_unsupported'],
    ['42 characters', `code_challenge=${challenge.slice(1)}&code_challenge_method=S256`, 'code_challenge_malformed'],
    ['44 characters', `code_challenge=${challenge}A&code_challenge_method=S256`, 'code_challenge_malformed'],
    ['129 characters', `code_challenge=${'A'.repeat(129)}&code_challenge_method=S256`, 'code_challenge_malformed'],
    ['base64', `code_challenge=%2B${challenge.slice(1)}&code_challenge_method=S256`, 'code_challenge_malformed'],
    ['padding', `code_challenge=${challenge}%3D&code_challenge_method=S256`, 'code_challenge_malformed'],
    ['a newline after it', `code_challenge=${challenge}%0A&code_challenge_method=S256`, 'code_challenge_malformed'],
  ])('T053: %s is invalid_request', (_, query, reason) => {
    expect(refusal(query)).toBe(`invalid_request ${reason}`);
  });

  test('T053: only a client registered to may go without, and then what it does send is checked', () => {
    const without = makeClient('old', { dangerouslyAllowNoPkce: true });
    expect(checkCodeChallenge(parseForm(''), without)).toBeNull();
    expect(refusal(`code_challenge=${challenge}`, without)).toContain('code_challenge_method_unsupported');
    expect(refusal('code_challenge_method=plain', without)).toContain('code_challenge_missing');
  });
});

describe('response_type, RFC 9700 §2.1.2', () => {
  const refusal = (query: string, of = client) => refusalOf(() => checkResponseType(parseForm(query), of));

  test.each([
    'token',
    'id_token',
    'id_token token',
    'code token',
    'code id_token',
    'code id_token token',
    'none',
    'CODE',
    'code code',
  ])('T056: %s is unsupported_response_type', (responseType) => {
    expect(refusal(`response_type=${encodeURIComponent(responseType)}`)).toContain('unsupported_response_type');
  });

  test('T056: code is served, by query or form_post, to a client registered for it', () => {
    expect(refusal('response_type=code')).toBeUndefined();
    expect(refusal('response_type=code&response_mode=form_post')).toBeUndefined();
    expect(refusal('response_type=code&response_mode=fragment')).toBe('invalid_request response_mode_unsupported');
    expect(refusal('')).toBe('invalid_request response_type_missing');
    const machine = makeClient('machine', { grantTypes: ['client_credentials'] });
    expect(refusal('response_type=code', machine)).toBe('unauthorized_client response_type_not_registered');
  });
});

describe('prompt, max_age and claims, OpenID Connect Core 1.0 §3.1.2.1', () => {
  test.each(['none login', 'login none', 'none consent', 'none none', 'create', 'LOGIN', 'login  consent', ' '])(
    'T059: prompt=%j is invalid_request',
    (prompt) => {
      expect(refusalOf(() => checkPrompt(parseForm(`prompt=${encodeURIComponent(prompt)}`), { signUp: false }))).toBe(
        'invalid_request prompt_malformed',
      );
    },
  );

  test('prompt=create is a value where people may sign up, also beside others but none', () => {
    const check = (prompt: string) => checkPrompt(parseForm(`prompt=${encodeURIComponent(prompt)}`), { signUp: true });
    expect(check('create')).toEqual(['create']);
    expect(check('consent create')).toEqual(['consent', 'create']);
    expect(refusalOf(() => check('none create'))).toBe('invalid_request prompt_malformed');
  });

  test.each(['-1', '1.5', '1e3', '0x10', 'abc', ' 1', '\u0661'])('T059: max_age=%j is invalid_request', (maxAge) => {
    expect(refusalOf(() => checkMaxAge(parseForm(`max_age=${encodeURIComponent(maxAge)}`)))).toBe(
      'invalid_request max_age_malformed',
    );
  });

  test.each(['0', '007', '9999999999', '18446744073709551615', '9'.repeat(400)])(
    'max_age=%s is so many seconds, and longer than anybody has been signed in is long enough',
    (maxAge) => {
      expect(checkMaxAge(parseForm(`max_age=${maxAge}`))).toBe(Number(maxAge));
    },
  );

  const claimsOf = (claims: string, of = makeClient('app', { scope: ['openid', 'profile', 'email'] })) =>
    checkClaims(parseForm(`claims=${encodeURIComponent(claims)}`), of);

  test.each([
    '[]',
    '{',
    '"a"',
    '{"id_token":[]}',
    '{"id_token":{"name":1}}',
    '{"id_token":{"name":{"essential":"yes"}}}',
  ])('claims=%s is invalid_request', (claims) => {
    expect(refusalOf(() => claimsOf(claims))).toBe('invalid_request claims_malformed');
  });

  test('§5.5: claims that are not known here are left out, however they are asked for', () => {
    const claims = { id_token: { verified_claims: [{ claims: { name: null } }], email: null, auth_time: 1 } };
    const { idToken } = claimsOf(JSON.stringify(claims));
    expect(idToken).toEqual(['email']);
  });

  test('claims of a scope value that the client may not ask for are left out, wherever they are asked for', () => {
    const claims =
      '{"id_token":{"email":null,"name":null},"userinfo":{"phone_number":{"essential":true},"email":null}}';
    const mayAskFor = (...scope: string[]) => claimsOf(claims, makeClient('app', { scope }));
    expect(mayAskFor('openid')).toMatchObject({ idToken: [], userinfo: [] });
    expect(mayAskFor('openid', 'email')).toMatchObject({ idToken: ['email'], userinfo: ['email'] });
    expect(mayAskFor('openid', 'profile', 'phone')).toMatchObject({ idToken: ['name'], userinfo: ['phone_number'] });
  });

  test.each([
    ['{"id_token":{"sub":null}}', undefined],
    ['{"id_token":{"sub":{"value":"ada"}}}', ['ada']],
    ['{"userinfo":{"sub":{"values":["ada","grace"]}}}', ['ada', 'grace']],
    ['{"id_token":{"sub":{"values":["ada","grace"]}},"userinfo":{"sub":{"value":"grace"}}}', ['grace']],
    ['{"id_token":{"sub":{"value":"ada"}},"userinfo":{"sub":{"value":"grace"}}}', []],
    ['{"id_token":{"sub":{"value":5}}}', []],
  ])('§5.5.1: claims=%s is good for %j alone', (claims, subs) => {
    expect(claimsOf(claims).subs).toEqual(subs);
  });

  test('a claim named like a member of every object is no claim', () => {
    const claims = '{"id_token":{"__proto__":{"value":"x"},"constructor":null,"name":null}}';
    expect(claimsOf(claims).idToken).toEqual(['name']);
  });
});

describe('request objects, OpenID Connect Core 1.0 §6', () => {
  test.each([
    ['T065', 'request=eyJhbGciOiJub25lIn0.e30.', 'request_not_supported request_unsupported'],
    ['T064', 'request_uri=urn:ietf:params:oauth:request_uri:1', 'request_uri_not_supported request_uri_unsupported'],
    ['T064', 'request_uri=http://169.254.169.254/', 'request_uri_not_supported request_uri_unsupported'],
    ['T065', 'registration=%7B%7D', 'registration_not_supported registration_unsupported'],
  ])('%s: %s is refused as not served', (_, query, refusal) => {
    expect(refusalOf(() => checkRequestObject(parseForm(query)))).toBe(refusal);
  });
});
