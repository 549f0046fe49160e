import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type IssuerProcess, startIssuer } from '../issuer_process.ts';
import { makeFolder, processTestMilliseconds } from '../running_server.ts';
import { ask, type RunningExample, startExample } from './example_process.ts';
import { audience, clientToken, register } from './tokens.ts';

const folder = makeFolder();
const services: RunningExample[] = [];
let issuer: IssuerProcess;
let token: string;
let closed: Promise<string> | undefined;

const startService = async (
  name: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningExample> => {
  const service = await startExample('three_services', () => [process.execPath, `${name}.ts`], {
    ISSUER: issuer.issuer,
    AUDIENCE: audience,
    KEY_SET_FILE: join(folder, `${name}.jwks.json`),
    ...environment,
  });
  services.push(service);
  return service;
};

const startAll = async (): Promise<RunningExample> => {
  const [stock, prices] = await Promise.all([startService('stock'), startService('prices')]);
  return startService('orders', { STOCK_URL: stock.url, PRICES_URL: prices.url });
};

const stopAll = (): Promise<unknown> => Promise.all(services.splice(0).map((service) => service.stop()));

const closeIssuer = (): Promise<string> => {
  closed ??= issuer.close();
  return closed;
};

beforeAll(async () => {
  issuer = await startIssuer();
  await register(issuer);
  token = await clientToken(issuer.issuer);
}, processTestMilliseconds);
afterAll(async () => {
  await stopAll();
  if (issuer !== undefined) await closeIssuer();
});

describe('examples/three_services', () => {
  test('one token opens all three, with the issuer switched off, and after a restart too', {
    timeout: processTestMilliseconds,
  }, async () => {
    const order = { for: 'billing', stock: { apples: 3, askedBy: 'billing' }, prices: { apple: '0.40' } };
    const orders = await startAll();
    await closeIssuer();
    const answer = await ask(`${orders.url}/orders`, token);
    expect({ ...answer, body: JSON.parse(answer.body) }).toEqual({ status: 200, challenge: null, body: order });
    expect((await ask(`${orders.url}/orders`)).status).toBe(401);
    expect((await ask(`${orders.url}/orders`, `${token.slice(0, -8)}AAAAAAAA`)).status).toBe(401);

    await stopAll();
    const again = await ask(`${(await startAll()).url}/orders`, token);
    expect({ status: again.status, body: JSON.parse(again.body) }).toEqual({ status: 200, body: order });
  });
});
