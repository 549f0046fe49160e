import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { obtainCode, redeem } from '../people.ts';
import { addResource } from '../test_provider.ts';
import { expectRefusal, obtainTokens, readAnswer, refresh } from '../token_requests.ts';
import { offline, openThreeNodes, retrySeconds, type ThreeNodes } from './three_nodes.ts';

let people: ThreeNodes['people'];
let browser: ThreeNodes['browser'];
let pass: ThreeNodes['pass'];
let startFamily: ThreeNodes['startFamily'];
let refreshed: ThreeNodes['refreshed'];
let close: ThreeNodes['close'];

beforeAll(async () => {
  ({ people, browser, pass, startFamily, refreshed, close } = await openThreeNodes());
  await people.addClient('other');
  await addResource(people.store, { resource: 'https://api.example.com', scope: ['read', 'write'] });
  await people.addClient('api-app', {
    resources: ['https://api.example.com'],
    scope: ['openid', 'read', 'offline_access'],
  });
});

afterAll(() => close());

describe('whose a refresh token is', () => {
  test('T086: another client’s refresh is invalid_grant and changes nothing', async () => {
    const first = await startFamily();
    await expectRefusal(await refresh(people.app, first.refresh_token, { client_id: 'other' }), 'invalid_grant');
    const second = await refreshed(first.refresh_token);
    await expectRefusal(await refresh(people.app, first.refresh_token, { client_id: 'other' }), 'invalid_grant');
    await pass(retrySeconds);
    await expectRefusal(await refresh(people.app, first.refresh_token, { client_id: 'other' }), 'invalid_grant');
    await refreshed(second.refresh_token);
  });

  test('T074: a refresh may ask for less, never for more, and less is not kept', async () => {
    const first = await startFamily();
    const narrow = await readAnswer(await refresh(people.app, first.refresh_token, { scope: 'openid' }));
    expect(narrow.scope).toBe('openid');
    const wider = await refresh(people.app, narrow.refresh_token, { scope: `${offline} email` });
    expect(await wider.clone().json()).toMatchObject({ error_description: expect.stringContaining('did not grant') });
    await expectRefusal(wider, 'invalid_scope');
    expect((await refreshed(narrow.refresh_token)).scope).toBe(offline);
  });

  test('T074: a refresh may name its own resource, never another', async () => {
    const asked = { client_id: 'api-app', scope: 'openid read offline_access' };
    const tokens = await obtainTokens(people.app, browser, asked);
    const named = (resource: string) => refresh(people.app, tokens.refresh_token, { client_id: 'api-app', resource });
    await expectRefusal(await named('https://other.example.com'), 'invalid_target');
    await expectRefusal(await named(people.config.issuer), 'invalid_target');
    await expectRefusal(
      await refresh(people.app, tokens.refresh_token, { client_id: 'api-app', scope: 'openid write' }),
      'invalid_scope',
    );
    const answer = await readAnswer(await named('https://api.example.com'));
    expect(decodeJwt(answer.access_token).aud).toBe('https://api.example.com');
  });

  test('T044: what a resource is no longer registered for is given by no code and no refresh', async () => {
    const resource = 'https://turned.example.com';
    await addResource(people.store, { resource, scope: ['read', 'admin'] });
    const scope = 'openid offline_access read admin';
    await people.addClient('turned-app', { resources: [resource], scope: scope.split(' ') });
    const client = { client_id: 'turned-app' };
    const tokens = await obtainTokens(people.app, browser, { ...client, scope });
    expect(tokens.scope).toBe(scope);
    const code = await obtainCode(browser, { ...client, scope });
    await people.store.removeResource(resource);
    await addResource(people.store, { resource, scope: ['read'] });
    const [redeemed, again] = [
      await readAnswer(await redeem(people.app, code, client)),
      await readAnswer(await refresh(people.app, tokens.refresh_token, client)),
    ];
    const named = await readAnswer(await refresh(people.app, again.refresh_token, { ...client, scope: 'read admin' }));
    const left = 'openid offline_access read';
    expect([redeemed, again, named].map((answer) => answer.scope)).toEqual([left, left, 'read']);
    expect(decodeJwt(again.access_token).scope).toBe(left);
  });

  // An answer that names no scope would mean all that was asked for (RFC 6749 §5.1).
  test('T044: where a resource is registered for nothing of it any more, code and refresh are invalid_scope and stay good', async () => {
    const resource = 'https://emptied.example.com';
    const scopes = ['read', 'admin'];
    await addResource(people.store, { resource, scope: scopes });
    await people.addClient('emptied-app', { resources: [resource], scope: scopes });
    const client = { client_id: 'emptied-app' };
    const tokens = await obtainTokens(people.app, browser, { ...client, scope: 'read admin' });
    const code = await obtainCode(browser, { ...client, scope: 'admin' });
    await people.store.removeResource(resource);
    await addResource(people.store, { resource, scope: ['read'] });
    await expectRefusal(await redeem(people.app, code, client), 'invalid_scope');
    await expectRefusal(
      await refresh(people.app, tokens.refresh_token, { ...client, scope: 'admin' }),
      'invalid_scope',
    );
    expect((await readAnswer(await refresh(people.app, tokens.refresh_token, client))).scope).toBe('read');
  });

  test('a refresh without its token is invalid_request', async () => {
    const response = await refresh(people.app, '');
    await expectRefusal(response, 'invalid_request');
  });
});
