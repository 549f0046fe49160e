import { describe, expect, test } from 'vitest';
import { planRevocation, planRotation, planTurnNow } from '../../src/keys/plan_rotation.ts';
import type { SigningKeyRecord } from '../../src/seams/signing_key_store.ts';
import { grace, keyAt, lead, period, policy, start, timing } from './rotation_parts.ts';

const turn = start + period;
/** When the key after `second` is due to be made. */
const due = turn - lead - timing.snapshotSeconds;
const [first, second] = [keyAt(0), keyAt(1)];
const retired = keyAt(0, { privateJwe: null, erasedAt: turn });
const ring = [first, second];

/** The plan for the ES256 ring beside an RS256 ring where nothing is due. */
const planAt = (keys: readonly SigningKeyRecord[], now: number, chosen = policy) => {
  const other = { alg: 'RS256' as const, longestTokenSeconds: 1e9 };
  const quiet = [
    keyAt(0, { ...other, kid: 'rs-0' }),
    keyAt(1, { ...other, kid: 'rs-1', activatesAt: now + 100 * period }),
  ];
  return planRotation([...keys, ...quiet], chosen, now);
};

describe('what is to be published', () => {
  test('on an empty database: for each ring a key that signs at once, and its standby a period later', () => {
    expect(planRotation([], policy, start).publish).toEqual(
      (['ES256', 'RS256'] as const).flatMap((alg) => [
        { alg, slot: 0, publishedAt: start, activatesAt: start },
        { alg, slot: 1, publishedAt: start, activatesAt: start + period },
      ]),
    );
  });

  test('the next standby, lead and P before the turn of the present one, and not a second sooner', () => {
    expect(planAt(ring, due - 1).publish).toEqual([]);
    expect(planAt(ring, due).publish).toEqual([
      { alg: 'ES256', slot: 2, publishedAt: due, activatesAt: turn + period },
    ]);
  });

  test('a runner that comes P late still makes it lead before the turn', () => {
    const [late] = planAt(ring, due + timing.snapshotSeconds).publish;
    expect(turn - (late?.publishedAt ?? 0)).toBe(lead);
  });

  test('after a long downtime: a key that waits for its lead, and the one after it', () => {
    const now = start + 20 * period;
    expect(planAt(ring, now).publish).toEqual([
      { alg: 'ES256', slot: 2, publishedAt: now, activatesAt: now + lead },
      { alg: 'ES256', slot: 3, publishedAt: now, activatesAt: now + lead + period },
    ]);
  });

  test('when every key is revoked: one that signs at once', () => {
    const revoked = ring.map((key) => ({ ...key, privateJwe: null, revokedAt: start + 5, erasedAt: start + 5 }));
    expect(planAt(revoked, start + 5).publish.map(({ slot, activatesAt }) => [slot, activatesAt])).toEqual([
      [2, start + 5],
      [3, start + 5 + period],
    ]);
  });

  test('for a revoked standby another, in a new slot, after lead at the soonest', () => {
    const now = turn - 10;
    const revoked = keyAt(1, { privateJwe: null, revokedAt: now, erasedAt: now });
    expect(planAt([first, revoked], now).publish[0]).toEqual({
      alg: 'ES256',
      slot: 2,
      publishedAt: now,
      activatesAt: now + lead,
    });
  });

  test('the same rows and the same second make the same plan, whatever their order', () => {
    expect(planAt([second, first], due)).toEqual(planAt([first, second], due));
  });
});

describe('what is to be erased', () => {
  test('the private half of a key in the second of its turn, and not one sooner', () => {
    expect(planAt(ring, turn - 1).erase).toEqual([]);
    expect(planAt(ring, turn).erase).toEqual([{ kid: 'kid-0', erasedAt: turn }]);
  });

  test('nothing twice', () => {
    expect(planAt([retired, second], turn + 1).erase).toEqual([]);
  });

  test('nothing more when the clock steps back behind the turn', () => {
    expect(planAt([retired, second, keyAt(2)], start).erase).toEqual([]);
  });
});

describe('what is to be raised', () => {
  test('a ring with a key that may sign for less than T', () => {
    const raised = { ...policy, maxTokenSeconds: 601 };
    expect(planAt(ring, start, raised).raise).toEqual(['ES256']);
    expect(planAt(ring, start).raise).toEqual([]);
  });

  test('never for a T that was lowered', () => {
    expect(planAt(ring, start, { ...policy, maxTokenSeconds: 599 }).raise).toEqual([]);
  });

  test('not for keys that sign no more', () => {
    const old = { ...retired, longestTokenSeconds: 1 };
    expect(planAt([old, second], turn).raise).toEqual([]);
  });
});

describe('a ring without a key that can sign', () => {
  test('gives the turn to its standby at once, when the active key is gone', () => {
    const revoked = keyAt(0, { privateJwe: null, revokedAt: start + 5, erasedAt: start + 5 });
    expect(planAt([revoked, second], start + 6).activate).toEqual([{ kid: 'kid-1', activatesAt: start + 6 }]);
  });

  test('and when a revocation brought a key back whose private half is erased', () => {
    const revokedLate = keyAt(1, { privateJwe: null, revokedAt: turn - 1, erasedAt: turn });
    expect(planAt([retired, revokedLate, keyAt(2)], turn).activate).toEqual([{ kid: 'kid-2', activatesAt: turn }]);
  });

  test('a ring with one needs nothing, nor does an empty ring', () => {
    expect(planAt(ring, start).activate).toEqual([]);
    expect(planRotation([], policy, start).activate).toEqual([]);
  });
});

describe('the next instant at which something is due', () => {
  test('is when the next standby is to be made, then the turn, then the removal', () => {
    const ahead = keyAt(2, { publishedAt: due });
    expect(planAt(ring, start).nextAt).toBe(due);
    expect(planAt([...ring, ahead], due).nextAt).toBe(turn);
    expect(planAt([retired, second, ahead], turn).nextAt).toBe(turn + grace);
  });
});

describe('a turn by hand', () => {
  test('is refused with the seconds to wait while the standby is younger than lead', () => {
    expect(planTurnNow(ring, policy, start + 1)).toEqual({ kid: 'kid-1', waitSeconds: lead - 1 });
    expect(planTurnNow(ring, policy, start + lead - 1)).toEqual({ kid: 'kid-1', waitSeconds: 1 });
  });

  test('comes now, in the second the standby is lead old', () => {
    expect(planTurnNow(ring, policy, start + lead)).toEqual({ kid: 'kid-1', activatesAt: start + lead });
  });

  test('comes no sooner than a second after the last: of two in one second the lower slot counts as the earlier', () => {
    const [active, standby] = [keyAt(4, { activatesAt: turn }), keyAt(3)];
    expect(planTurnNow([first, active, standby], policy, turn)).toEqual({ kid: 'kid-3', waitSeconds: 1 });
    expect(planTurnNow([first, active, standby], policy, turn + 1)).toMatchObject({ activatesAt: turn + 1 });
  });

  test('needs a standby', () => {
    expect(planTurnNow([first], policy, start + 5 * period)).toEqual({ kid: null });
  });

  test('a clock that stepped back does not make the standby younger than its own publication', () => {
    expect(planTurnNow(ring, policy, start - 500)).toEqual({ kid: 'kid-1', waitSeconds: lead });
  });
});

describe('a revocation', () => {
  const now = start + lead;

  test('of the active key is two turns: the standby now, and after lead a key nobody has seen', () => {
    expect(planRevocation(ring, policy, now, 'kid-0')).toEqual({
      revokedAt: now,
      promotedKid: 'kid-1',
      successor: { alg: 'ES256', slot: 2, publishedAt: now, activatesAt: now + lead },
    });
  });

  test('of the active key without a standby lets the new key sign at once', () => {
    expect(planRevocation([first], policy, now, 'kid-0')).toMatchObject({
      promotedKid: null,
      successor: { slot: 1, activatesAt: now },
    });
  });

  test('of a standby or of a retiring key turns nothing', () => {
    const nothing = { promotedKid: null, successor: null };
    expect(planRevocation(ring, policy, now, 'kid-1')).toEqual({ revokedAt: now, ...nothing });
    expect(planRevocation([retired, second], policy, turn + 1, 'kid-0')).toEqual({ revokedAt: turn + 1, ...nothing });
  });

  test('in the second of a turn is of the key that signs from then on', () => {
    expect(planRevocation([...ring, keyAt(2)], policy, turn, 'kid-1')).toMatchObject({ promotedKid: 'kid-2' });
    expect(planRevocation([...ring, keyAt(2)], policy, turn, 'kid-0')).toMatchObject({ promotedKid: null });
  });

  test('promotes a standby that is lead old before one whose turn is sooner but which verifiers may not have', () => {
    const unseen = keyAt(3, { publishedAt: now - 1, activatesAt: now + lead - 1 });
    expect(planRevocation([first, unseen, second], policy, now, 'kid-0').promotedKid).toBe('kid-1');
    expect(planRevocation([first, unseen], policy, now, 'kid-0').promotedKid).toBe('kid-3');
  });
});
