// Wycheproof's and the RFCs' own examples. Those of the RFC are here; the rest is data of others, read from the folder that
// VECTORS_DIR names.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { keysFromIssuer } from '../../src/verifier/keys_from_set.ts';
import { createSignatureCheck } from '../../src/verifier/signature_check.ts';
import { TokenError } from '../../src/verifier/token_error.ts';
import { verificationAlgorithms } from '../../src/verifier/verification_key.ts';
import { encode } from './signed_tokens.ts';

const folder = process.env.VECTORS_DIR;

if (folder === undefined)
  console.warn(`
  VECTORS_DIR IS NOT SET: the vectors of Wycheproof and RFC 7520 are not run.
  Get them with git: https://github.com/C2SP/wycheproof (dac1dd4), its folder testvectors_v1 as FOLDER/wycheproof, and
  https://github.com/ietf-jose/cookbook (13692b6) as FOLDER/jose-cookbook. Then: VECTORS_DIR=FOLDER npm test
`);

type Jwk = Readonly<Record<string, unknown>>;

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi'];

const publicHalf = (jwk: Jwk): Jwk =>
  Object.fromEntries(Object.entries(jwk).filter(([member]) => !privateMembers.includes(member)));

const typOf = (token: string): string => {
  try {
    return String(JSON.parse(Buffer.from(token.split('.', 1).join(), 'base64url').toString()).typ ?? '').toLowerCase();
  } catch {
    return '';
  }
};

interface Outcome {
  readonly code: string;
  readonly message: string;
}

/** Most vectors sign what is no JSON object: the signature was right when that is all that is wrong. */
const isAboutPayload = ({ message }: Outcome): boolean => message.startsWith('The payload is not a JSON object');

const outcomeOf = async (token: string, keys: readonly Jwk[]): Promise<Outcome> => {
  const check = createSignatureCheck(
    keysFromIssuer(() => JSON.stringify({ keys: keys.map(publicHalf) })),
    verificationAlgorithms,
  );
  try {
    await check(token, { typs: [typOf(token)], maxBytes: 16_384, now: 0 });
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    const outcome = { code: error.code, message: error.message };
    return isAboutPayload(outcome) ? { code: 'verified', message: '' } : outcome;
  }
  return { code: 'verified', message: '' };
};

describe('RFC 7515, appendix A', () => {
  const payload = 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';
  const key = {
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    kid: 'A.3',
  };
  const signature = 'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q';

  test('A.3 (ES256) has no kid, which is refused; its signature under its own header is right', async () => {
    const { openVerificationKey } = await import('../../src/verifier/verification_key.ts');
    const { readCompactJws } = await import('../../src/verifier/compact_jws.ts');
    const token = `eyJhbGciOiJFUzI1NiJ9.${payload}.${signature}`;
    expect(await outcomeOf(token, [key])).toMatchObject({ code: 'token_malformed' });
    const { crv: _, kty: __, x, y } = key;
    const opened = await openVerificationKey({ kid: 'A.3', alg: 'ES256', material: { kty: 'EC', crv: 'P-256', x, y } });
    expect(await opened.verify(readCompactJws(token, 1000))).toBe(true);
    expect(await opened.verify(readCompactJws(token.replace('eyJpc3Mi', 'eyJpc3Nj'), 1000))).toBe(false);
  });

  test('A.5, which nobody signed, is refused', async () => {
    expect(await outcomeOf(`eyJhbGciOiJub25lIn0.${payload}.`, [key])).toMatchObject({ code: 'algorithm_not_allowed' });
    const named = encode({ alg: 'none', kid: 'A.3' });
    expect(await outcomeOf(`${named}.${payload}.`, [key])).toMatchObject({ code: 'algorithm_not_allowed' });
  });
});

interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly jws?: string;
  readonly jwe?: string;
  readonly result: 'valid' | 'invalid';
}

interface Group {
  readonly comment: string;
  readonly public?: Jwk;
  readonly private: Jwk;
  readonly tests: readonly Vector[];
}

/** Why an invalid vector is to be refused, by its comment; one that is not here has a wrong signature. */
const reasons: readonly (readonly [RegExp, Outcome['code'], RegExp?])[] = [
  [/^rejectsMissing.*Separators?$|MissingHeader|EmptyString|ExtraComponent|ExtraEmptyComponent/, 'token_malformed'],
  [/JsonSerialization|InvalidCurvePoint|AuthenticationTag|Ciphertext|EncryptedKey|Iv$/i, 'token_malformed'],
  [/rejectsModifiedHeader/, 'key_unknown'],
  [/EmbeddedJwk/, 'token_malformed', /"jwk"/],
  [/SymmetryConfusion|NoneAlgorithm|algIsNone|aesKeyFrom/i, 'algorithm_not_allowed'],
  [/^Using/, 'key_unknown', /alg is not/],
  [/Wrong(Use|KeyOps)/, 'key_unknown', /use or key_ops|alg is not/],
  [/Roca/, 'key_unknown', /CVE-2017-15361/],
  [/1024bit/, 'key_unknown', /1024 bits/],
  [/PublicExponent1/, 'key_unknown', /exponent/],
  [/mismatchedAlgAndCurve/, 'key_unknown', /alg is not/],
  [/rejectsModifiedKey/, 'key_unknown', /curve|alg is not|use or key_ops/],
];

const namesOurAlgorithm = (token: string): boolean => {
  const ours: readonly string[] = verificationAlgorithms;
  try {
    return ours.includes(JSON.parse(Buffer.from(token.split('.', 1).join(), 'base64url').toString()).alg);
  } catch {
    return true;
  }
};

const expectReason = (outcome: Outcome, { comment, result }: Vector, token: string): void => {
  if (!namesOurAlgorithm(token)) {
    expect(['algorithm_not_allowed', 'token_malformed']).toContain(outcome.code);
    return;
  }
  if (result === 'valid') {
    expect(outcome).toEqual({ code: 'verified', message: '' });
    return;
  }
  const [, code, message = /./] = reasons.find(([pattern]) => pattern.test(comment)) ?? [comment, 'signature_invalid'];
  expect(outcome.code).toBe(code);
  expect(outcome.message).toMatch(message);
};

/** Spelt in a way that base64url is not, and called valid all the same: here they are refused (RFC 7515 §2). */
const laxer = ['InvalidCharacterInsertedInHeader', 'InvalidCharacterInsertedInPayload'];

const groupsOf = (file: string): readonly Group[] =>
  (JSON.parse(readFileSync(join(folder ?? '', 'wycheproof', file), 'utf8')) as { testGroups: readonly Group[] })
    .testGroups;

const keysOf = (group: Group): readonly Jwk[] => {
  const given = group.public ?? group.private;
  return Array.isArray(given.keys) ? given.keys : [given];
};

const wycheproof = folder === undefined ? [] : ['signature', 'key', 'crypto'];

describe.each(wycheproof)('Wycheproof, json_web_%s', (name) => {
  const groups = groupsOf(`json_web_${name}_test.json`);
  const vectors = groups.flatMap((group) =>
    group.tests.map((vector) => ({ ...vector, keys: keysOf(group), group: group.comment })),
  );

  test.each(vectors)('$tcId $group $comment: $result', async (vector) => {
    const token = vector.jws ?? vector.jwe ?? '';
    const outcome = await outcomeOf(typeof token === 'string' ? token : JSON.stringify(token), vector.keys);
    if (laxer.includes(vector.comment)) expect(outcome.code).toBe('token_malformed');
    else expectReason(outcome, vector, token);
  });

  test('some verify, and most do not', async () => {
    const outcomes = await Promise.all(vectors.map(({ jws, jwe, keys }) => outcomeOf(String(jws ?? jwe), keys)));
    const verified = outcomes.filter(({ code }) => code === 'verified').length;
    expect(verified).toBeGreaterThan(0);
    expect(verified).toBeLessThan(vectors.length / 2);
  });
});

const cookbook = folder === undefined ? [] : readdirSync(join(folder, 'jose-cookbook/jws')).sort();

describe.each(cookbook)('RFC 7520, %s', (file) => {
  const { input, output } = JSON.parse(readFileSync(join(folder ?? '', 'jose-cookbook/jws', file), 'utf8')) as {
    input: { key?: Jwk; alg?: string };
    output: { compact?: string };
  };

  test('verifies if it is ours, and is refused if it is not', async () => {
    const { code } = await outcomeOf(output.compact ?? JSON.stringify(output), [input.key ?? {}]);
    if (input.alg === 'RS256') expect(code).toBe('verified');
    else expect(['algorithm_not_allowed', 'token_malformed']).toContain(code);
  });
});
