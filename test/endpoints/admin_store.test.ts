// /admin/store takes of each verb what that verb takes, and nothing else is done.
import { beforeAll, describe, expect, test } from 'vitest';
import { administrationProtocol } from '../../src/seams/administered_store.ts';
import { makeAuditEvent, makeClient, makeUser, now } from '../contracts/records.ts';
import { createTestProvider, type TestProvider } from '../test_provider.ts';

const adminToken = 'x'.repeat(43);

describe('arguments of /admin/store', () => {
  let provider: TestProvider;
  beforeAll(async () => {
    provider = await createTestProvider({ environment: { KEYTURN_ADMIN_TOKEN: adminToken } });
    await provider.store.addUser(makeUser('ada'));
  });

  const call = (verb: string, values: unknown) =>
    provider.app.request('/admin/store', {
      method: 'POST',
      headers: { Authorization: `Bearer ${adminToken}` },
      body: JSON.stringify({ protocol: administrationProtocol, verb, arguments: values }),
    });

  const kept = async (): Promise<unknown> => {
    const { store } = provider;
    return [
      await store.readSigningKeys(),
      await store.listClients(),
      await store.listUsers('', 10),
      await store.listAudit({ limit: 100 }),
    ];
  };

  test.each([
    ['addClient', [], 'arguments: expected another number of them'],
    ['addClient', [null], 'arguments[0]: expected object'],
    ['addClient', [{ ...makeClient('app'), redirectUris: 'https://app.example.com' }], 'arguments[0].redirectUris: '],
    ['addClient', [makeClient('app'), { ...makeAuditEvent('x'), at: 'now' }], 'arguments[1].at: expected number'],
    ['addClient', [{ ...makeClient('app'), secret: 'x' }], 'arguments[0]: it has a member that is not known'],
    ['updateUser', ['ada', { passwordHash: 'x' }, now], 'arguments[1]: it has a member that is not known'],
    ['updateUser', ['ada', { roles: [{}] }, now], 'arguments[1].roles: expected string'],
    ['lockUser', ['ada', '1800000000'], 'arguments[1]: expected number'],
    ['lockUser', ['ada', 1.5], 'arguments[1]: expected int'],
    ['lockUser', [['ada'], now], 'arguments[0]: expected string'],
    ['lockUser', ['ada', now, null, null], 'arguments: expected another number of them'],
    ['listUsers', ['', -1], 'arguments[1]: it is none of what is taken there'],
    ['listAudit', [{ limit: '5' }], 'arguments[0].limit: expected number'],
    ['revokeSigningKey', ['kid'], 'arguments[0]: expected object'],
    ['activateSigningKeys', [[{ kid: 'k' }]], 'arguments[0][0]: expected number'],
    ['setPassword', [7, 'hash', now, null], 'arguments[0]: it is none of what is taken there'],
    ['hasUsers', [1], 'arguments: expected another number of them'],
  ])('of %s %j are refused, and change nothing', async (verb, values, said) => {
    const before = await kept();
    const response = await call(verb, values);
    const { error_description } = (await response.json()) as { error_description: string };
    expect([response.status, error_description]).toEqual([400, expect.stringContaining(`Of ${verb}, ${said}`)]);
    expect(await kept()).toEqual(before);
  });

  test('never come back in the refusal', async () => {
    const event = { ...makeAuditEvent('x'), details: { 'sent-by-them': [] } };
    const response = await call('appendAudit', [event]);
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain('sent-by-them');
  });

  test.each([['{}'], ['"lockUser"'], ['[[]]']])('that are %s are none', async (values) => {
    expect((await call('lockUser', JSON.parse(values))).status).toBe(400);
  });

  test('are taken where they are right', async () => {
    expect(await (await call('addClient', [makeClient('app'), null])).json()).toEqual({ answer: true });
    expect(await (await call('findUser', ['ada'])).json()).toEqual({ answer: makeUser('ada') });
    expect(await (await call('findUser', ['nobody'])).json()).toEqual({});
    expect(await (await call('appendAudit', [makeAuditEvent('x')])).json()).toEqual({});
  });
});
