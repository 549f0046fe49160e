import { describe, expect, test } from 'vitest';
import { hashOpaque, makeOpaque } from '../../src/tokens/opaque.ts';
import { familyIdIn, firstRefreshToken, isOfFamily, nextRefreshToken } from '../../src/tokens/refresh_token_value.ts';
import { makeFamily } from '../contracts/records.ts';

const familyId = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f';

describe('the value of a refresh token', () => {
  test('is 72 base64url characters, one after the other of the same family and no two alike', () => {
    const { value, secretHash } = firstRefreshToken(familyId);
    const family = makeFamily(familyId, { secretHash });
    const values = [value];
    for (let turn = 0; turn < 100; turn += 1) values.push(nextRefreshToken(values.at(-1) ?? ''));
    expect(new Set(values).size).toBe(101);
    for (const each of values) {
      expect(each).toMatch(/^[\w-]{72}$/);
      expect(familyIdIn(each)).toBe(familyId);
      expect(isOfFamily(each, family)).toBe(true);
    }
  });

  test('T087: what is kept of the secret is no part of the value', () => {
    const { value, secretHash } = firstRefreshToken(familyId);
    expect(Buffer.from(value, 'base64url').includes(Buffer.from(secretHash, 'base64url').subarray(0, 16))).toBe(false);
    expect(secretHash).toMatch(/^[\w-]{43}$/);
  });

  test('has one spelling', () => {
    let value = '';
    while (!/-.*_/.test(value)) value = firstRefreshToken(familyId).value;
    const wide = String.fromCharCode(value.charCodeAt(0) + 0x100) + value.slice(1);
    for (const respelt of [value.replace('-', '+'), value.replace('_', '/'), `${value}=`, wide, `${value}\n`])
      expect(familyIdIn(respelt)).toBeUndefined();
  });

  test('is of no family but its own', () => {
    const [one, other] = [firstRefreshToken(familyId), firstRefreshToken(familyId)];
    const elsewhere = '017f22e2-79b0-7cc3-98c4-dc0c0c073990';
    expect(isOfFamily(one.value, makeFamily(familyId, other))).toBe(false);
    expect(isOfFamily(one.value, makeFamily(elsewhere, one))).toBe(false);
    expect(isOfFamily(one.value, makeFamily(familyId, { secretHash: null }))).toBe(false);
  });

  test.each(['', 'a', makeOpaque(), hashOpaque('x'), 'A'.repeat(72), '!'.repeat(72), 'é'.repeat(72)])(
    'another value, %s, tells no family, nor does what follows it',
    (value) => {
      expect(familyIdIn(value)).toBeUndefined();
      expect(isOfFamily(value, makeFamily(familyId))).toBe(false);
      expect(nextRefreshToken(value)).toMatch(/^[\w-]{43}$/);
    },
  );
});
