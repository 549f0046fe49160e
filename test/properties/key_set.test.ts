import fc from 'fast-check';
import type { JWK } from 'jose';
import { describe, expect, test } from 'vitest';
import { jwkSetOf, publishedKeysOf } from '../../src/keys/jwk_set.ts';
import { signingAlgorithms } from '../../src/seams/signer.ts';
import type { Rows } from './ring_rows.ts';
import { runs } from './runs.ts';
import { stories } from './story.ts';
import { unfold, type World } from './world.ts';

/** RFC 7518 §6.2.2, §6.3.2, §6.4.1. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth'] as const;

/** What a row's public half might be after a mistake or an attack: public and private members, and anything else. */
const jwks: fc.Arbitrary<JWK> = fc.record(
  {
    ...Object.fromEntries(
      [...privateMembers, 'kty', 'crv', 'x', 'y', 'n', 'e', 'ext', 'key_ops', '__proto__', 'x5c'].map((member) => [
        member,
        fc.oneof(fc.string(), fc.constantFrom(member, 'EC', 'RSA')),
      ]),
    ),
  },
  { requiredKeys: [] },
);

const everyVersion = ({ versions, seconds }: World): readonly { readonly rows: Rows; readonly now: number }[] =>
  seconds.flatMap(({ versions: seen, now }) => seen.map((version) => ({ rows: versions[version] as Rows, now })));

describe('the JWKS', () => {
  test('I7, T030: never holds a private member (d p q dp dq qi k oth), nor any but those of RFC 7518 §6, whatever a row says', () => {
    fc.assert(
      fc.property(
        fc.array(jwks, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(...signingAlgorithms),
        (halves, alg) => {
          const rows = halves.map((publicJwk, slot) => ({
            ...{ alg, slot, kid: `kid-${slot}`, publicJwk, privateJwe: 'jwe', publishedAt: 0, activatesAt: slot },
            ...{ longestTokenSeconds: 1, erasedAt: null, revokedAt: null, revocationReason: null },
          }));
          const members = JSON.parse(jwkSetOf(rows).body).keys.flatMap(Object.keys);
          const allowed = { ES256: ['kty', 'crv', 'x', 'y'], RS256: ['kty', 'n', 'e'] }[alg];
          expect([...allowed, 'kid', 'use', 'alg']).toEqual(expect.arrayContaining(members));
          for (const member of privateMembers) expect(members).not.toContain(member);
        },
      ),
      runs(300),
    );
  });

  test('I7: a kid names one key for ever: no row changes its kid, its alg, its slot or its public half', () => {
    fc.assert(
      fc.property(stories(), (story) => {
        const identities = new Map<string, string>();
        for (const { kid, alg, slot, publicJwk } of unfold(story).versions.flat()) {
          const identity = JSON.stringify([alg, slot, publicJwk]);
          expect(identities.get(kid) ?? identity).toBe(identity);
          identities.set(kid, identity);
        }
      }),
      runs(100),
    );
  });

  test('I12: the same rows at the same second make the same bytes and ETag, in whatever order a store gives them', () => {
    fc.assert(
      fc.property(stories(), fc.nat(), fc.infiniteStream(fc.nat()), (story, place, order) => {
        const found = everyVersion(unfold(story));
        const { rows, now } = found[place % found.length] as (typeof found)[number];
        const ranks = new Map(rows.map((row) => [row, order.next().value ?? 0]));
        const shuffled = rows.toSorted((left, right) => (ranks.get(left) ?? 0) - (ranks.get(right) ?? 0));
        const setOf = (keys: Rows) => jwkSetOf(publishedKeysOf(keys, story.policy, now));
        expect(setOf(shuffled)).toEqual(setOf(rows));
      }),
      runs(100),
    );
  });
});
