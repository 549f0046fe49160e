import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signJwt, type TokenType } from '../../src/tokens/jws.ts';
import { standingAccessToken } from '../../src/tokens/standing_access_token.ts';
import { verifyOwnToken } from '../../src/tokens/verify_own.ts';
import { openPeople, type People } from '../people.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const spareBitSet = (segment: string): string =>
  segment.slice(0, -1) + alphabet[alphabet.indexOf(segment.at(-1) ?? '') + 1];

let people: People;
beforeAll(async () => {
  people = await openPeople();
});
afterAll(() => people.store.close());

const sign = (claims: object, typ: TokenType = 'at+jwt'): Promise<string> =>
  signJwt(
    typ,
    { iss: people.config.issuer, sub: 'ada', client_id: 'app', exp: people.clock.now() + 60, ...claims },
    people.keyRing.activeSigner('ES256').signer,
  );

describe('tokens this issuer signed, RFC 8725 §3', () => {
  test.each([
    ['padding', (segment: string) => `${segment}==`],
    ['a space', (segment: string) => `${segment} `],
    ['a line break within', (segment: string) => `${segment.slice(0, 9)}\r\n${segment.slice(9)}`],
    ['a tab before', (segment: string) => `\t${segment}`],
    ['a spare bit that is set', spareBitSet],
  ])('T009: one whose signature is written with %s is none', async (_, respell) => {
    const token = await sign({});
    const [header, payload, signature = ''] = token.split('.');
    expect(await verifyOwnToken(token, { typ: 'at+jwt' }, people)).toMatchObject({ sub: 'ada' });
    const respelled = `${header}.${payload}.${respell(signature)}`;
    expect(await verifyOwnToken(respelled, { typ: 'at+jwt' }, people)).toBeUndefined();
  });

  test.each([{}, { jti: null }, { jti: 1 }, { jti: [] }, { jti: ['x'] }, { jti: {} }])(
    'with %j it does not stand',
    async (claims) => {
      expect(await standingAccessToken(await sign(claims), people)).toBeUndefined();
    },
  );
});
