// What `npm test` asks of the Worker: it publishes, signs in, issues and refreshes. `npm run worker:test` asks the rest.
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { processTestMilliseconds } from '../running_server.ts';
import { addApplication, authorization, redirectUri } from './application.ts';
import { type RunningWorker, startWorker } from './running_worker.ts';

vi.setConfig({ testTimeout: processTestMilliseconds, hookTimeout: processTestMilliseconds });

let worker: RunningWorker;
beforeAll(async () => {
  worker = await startWorker({ workerFolder: inject('workerFolder') });
});
afterAll(() => worker?.close());

const readKeySet = async (): Promise<JSONWebKeySet> => {
  const response = await fetch(`${worker.issuer}/.well-known/jwks.json`);
  expect(response.status).toBe(200);
  return (await response.json()) as JSONWebKeySet;
};

const askForTokens = async (form: Readonly<Record<string, string>>): Promise<Record<string, string>> => {
  const response = await fetch(`${worker.issuer}/token`, {
    method: 'POST',
    headers: { Authorization: authorization },
    body: new URLSearchParams(form),
  });
  const body = (await response.json()) as Record<string, string>;
  expect([response.status, body.error]).toEqual([200, undefined]);
  return body;
};

describe('the Worker, in workerd on D1', () => {
  test('I6, I7: publishes an active key and a standby of each ring, and no private half', async () => {
    const { keys } = await readKeySet();
    expect(keys.map(({ alg }) => alg).sort()).toEqual(['ES256', 'ES256', 'RS256', 'RS256']);
    for (const key of keys) expect(key).not.toHaveProperty('d');
    const { keys: rows } = await worker.store.readSigningKeys();
    expect(keys.map(({ kid }) => kid).sort()).toEqual(rows.map(({ kid }) => kid).sort());
  });

  test('signs a person in whose password was hashed on Node, and gives tokens that its key set verifies', async () => {
    const obtainCode = await addApplication(worker);
    const code = await obtainCode();
    const redeemed = await askForTokens({ grant_type: 'authorization_code', code, redirect_uri: redirectUri });
    const refreshed = await askForTokens({
      grant_type: 'refresh_token',
      refresh_token: redeemed.refresh_token ?? expect.fail('no refresh token'),
    });
    expect(refreshed.refresh_token).not.toBe(redeemed.refresh_token);
    const keySet = createLocalJWKSet(await readKeySet());
    for (const { id_token: idToken = '' } of [redeemed, refreshed]) {
      const { payload } = await jwtVerify(idToken, keySet, { issuer: worker.issuer, audience: 'app' });
      expect(payload.sub).toBe('ada');
    }
  });

  test('takes its cron trigger, which makes no key before one is due', async () => {
    const before = await worker.store.readSigningKeys();
    expect(await worker.trigger()).toBe('ok');
    expect((await worker.store.readSigningKeys()).keys).toEqual(before.keys);
  });
});
