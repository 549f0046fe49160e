import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBase64url, decodeBase64urlByTable, encodeBase64url } from '../../src/verifier/base64url.ts';
import { rawToDerSignature } from '../../src/verifier/node_crypto_key.ts';

const asText = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString('hex');

const almostBase64url = fc.string({
  unit: fc.constantFrom(...'ABCxyz019-_+/= \n.%\0', '\u0141', '\u00c1', '\u{1f600}'),
});

describe('base64url, RFC 7515 §2', () => {
  test('what is encoded is decoded, both ways', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const text = encodeBase64url(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64url'));
        expect(asText(decodeBase64url(text))).toBe(asText(bytes));
        expect(asText(decodeBase64urlByTable(text))).toBe(asText(bytes));
      }),
    );
  });

  test('the way with Buffer and the way without agree on everything, and take nothing that has another spelling', () => {
    fc.assert(
      fc.property(almostBase64url, (text) => {
        const bytes = decodeBase64url(text);
        expect(asText(decodeBase64urlByTable(text))).toBe(asText(bytes));
        if (bytes !== undefined) expect(encodeBase64url(bytes)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('R || S as DER, RFC 3279 §2.2.3', () => {
  const integer = (hex: string): string => {
    const short = hex.replace(/^(00)+(?=..)/, '');
    const positive = Number.parseInt(short.slice(0, 2), 16) > 0x7f ? `00${short}` : short;
    return `02${(positive.length / 2).toString(16).padStart(2, '0')}${positive}`;
  };
  const coordinate = fc
    .tuple(fc.integer({ min: 0, max: 32 }), fc.uint8Array({ minLength: 32, maxLength: 32 }))
    .map(([zeros, bytes]) => Buffer.from(bytes).fill(0, 0, zeros).toString('hex'));

  test('has the shortest positive integers', () => {
    fc.assert(
      fc.property(coordinate, coordinate, (r, s) => {
        const body = integer(r) + integer(s);
        const expected = `30${(body.length / 2).toString(16).padStart(2, '0')}${body}`;
        expect(asText(rawToDerSignature(Buffer.from(r + s, 'hex')))).toBe(expected);
      }),
    );
  });
});
