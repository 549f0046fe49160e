import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { type Store, StoreUnavailableError } from '../../src/seams/store.ts';
import { obtainCode, redeem } from '../people.ts';
import { expectRefusal, refresh } from '../token_requests.ts';
import { offline, openThreeNodes, retrySeconds, type ThreeNodes } from './three_nodes.ts';

let people: ThreeNodes['people'];
let browser: ThreeNodes['browser'];
let pass: ThreeNodes['pass'];
let startFamily: ThreeNodes['startFamily'];
let liveChildren: ThreeNodes['liveChildren'];
let refreshed: ThreeNodes['refreshed'];
let close: ThreeNodes['close'];

beforeAll(async () => {
  ({ people, browser, pass, startFamily, liveChildren, refreshed, close } = await openThreeNodes());
});

afterAll(() => close());

describe('a store that fails', () => {
  /** The same node with a store that cannot rotate just now. */
  const failing = (rotateRefreshToken: Store['rotateRefreshToken']): App =>
    createApp({ ...people, store: { ...people.store, rotateRefreshToken } });

  test('T082: a rotation that fails is 503 with Retry-After, and the token is as good as before', async () => {
    const first = await startFamily();
    const app = failing(async () => {
      throw new StoreUnavailableError('the disk is full');
    });
    const response = await refresh(app, first.refresh_token);
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(await response.clone().text()).not.toContain('disk');
    await expectRefusal(response, 'temporarily_unavailable', 503);
    await pass(retrySeconds + 1);
    await refreshed(first.refresh_token);
    expect(liveChildren(first)).toBe(1);
  });

  test('T082: a rotation that was committed though it seemed to fail is answered on the next try', async () => {
    const first = await startFamily();
    const app = failing(async (rotation) => {
      await people.store.rotateRefreshToken(rotation);
      throw new StoreUnavailableError('the answer was lost');
    });
    await expectRefusal(await refresh(app, first.refresh_token), 'temporarily_unavailable', 503);
    const second = await refreshed(first.refresh_token);
    await refreshed(second.refresh_token);
    expect(liveChildren(first)).toBe(1);
  });

  test('T082: a code is as good as before when its redemption fails', async () => {
    const code = await obtainCode(browser, { scope: offline });
    const redeemCode: Store['redeemCode'] = async () => {
      throw new StoreUnavailableError('the disk is full');
    };
    const app = createApp({ ...people, store: { ...people.store, redeemCode } });
    await expectRefusal(await redeem(app, code), 'temporarily_unavailable', 503);
    expect((await redeem(people.app, code)).status).toBe(200);
  });

  test('T083: however many refused refreshes, each is invalid_grant and none hides behind a 429', async () => {
    const responses = await Promise.all(Array.from({ length: 200 }, () => refresh(people.app, 'unknown')));
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([400]));
  });
});

describe('a clock that is wrong', () => {
  const aheadSeconds = 3600;
  /** As every node has it, and none has read the keys since. */
  const whileAhead = async (request: () => Response | Promise<Response>): Promise<void> => {
    people.clock.advance(aheadSeconds);
    await expectRefusal(await request(), 'temporarily_unavailable', 503);
    await pass(-aheadSeconds);
  };

  test('takes no repeat within the retry window for a theft', async () => {
    const first = await startFamily();
    const second = await refreshed(first.refresh_token);
    await whileAhead(() => refresh(people.app, first.refresh_token));
    expect(await refreshed(first.refresh_token)).toEqual(second);
    await refreshed(second.refresh_token);
  });

  test('tells no client that its code is over', async () => {
    const code = await obtainCode(browser, { scope: offline });
    await whileAhead(() => redeem(people.app, code));
    expect((await redeem(people.app, code)).status).toBe(200);
  });
});
