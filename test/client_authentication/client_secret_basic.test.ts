import { beforeAll, describe, expect, test } from 'vitest';
import { hashClientSecret } from '../../src/client_authentication/client_secret.ts';
import { addClient, addResource, basic, createTestProvider, postToken, type TestProvider } from '../test_provider.ts';

const form = { grant_type: 'client_credentials' };
const encode = (bytes: string | Uint8Array): string => `Basic ${Buffer.from(bytes).toString('base64')}`;

let provider: TestProvider;
const authenticate = (authorization: string) => postToken(provider.app, form, { Authorization: authorization });

beforeAll(async () => {
  provider = await createTestProvider();
  await addResource(provider.store);
  await addClient(provider.store, 'client', { clientSecretSha256: hashClientSecret('secret') });
});

const expectInvalidClient = async (response: Response): Promise<void> => {
  expect(response.status).toBe(401);
  expect(response.headers.get('WWW-Authenticate')).toBe('Basic realm="token endpoint", charset="UTF-8"');
  expect(await response.json()).toMatchObject({ error: 'invalid_client' });
};

describe('client_secret_basic, RFC 6749 §2.3.1 and RFC 7617', () => {
  test.each([
    ['as it is', encode('client:secret')],
    ['form-urlencoded, every character', encode('%63%6c%69%65%6e%74:%73%65%63%72%65%74')],
    ['with the scheme in other case', encode('client:secret').replace('Basic', 'bAsIc')],
    ['with two spaces after the scheme', encode('client:secret').replace(' ', '  ')],
    ['in base64 without padding', encode('client:secret').replace(/=+$/, '')],
  ])('the pair %s authenticates', async (_, authorization) => {
    expect((await authenticate(authorization)).status).toBe(200);
  });

  test.each([
    'plain',
    'with space',
    'with+plus',
    'with%percent',
    'with:colon',
    'with&amp=equals',
    'é ü 漢 🔑',
    'x'.repeat(4096),
    '%3A',
    '\0\r\n',
  ])('the secret %j, encoded as the RFC says, authenticates', async (secret) => {
    const clientId = `made for: ${secret.slice(0, 20)}`;
    await addClient(provider.store, clientId, { clientSecretSha256: hashClientSecret(secret) });
    expect((await authenticate(basic(clientId, secret))).status).toBe(200);
    await expectInvalidClient(await authenticate(basic(clientId, `${secret}x`)));
  });
});

describe('T039: a malformed Authorization header is 401 and nothing worse', () => {
  test.each([
    ['no credentials', 'Basic'],
    ['no credentials after a space', 'Basic '],
    ['no base64', 'Basic !!!!'],
    ['base64url', `Basic ${Buffer.from('client:???>>>').toString('base64url')}`],
    ['padding in the middle', 'Basic Y2xp=ZW50OnNlY3JldA=='],
    ['three padding characters', 'Basic Y2xpZW50OnNlY3JldA==='],
    ['one padding character of two', 'Basic Y2xpZW50OnNlY3JldA='],
    ['spare bits set', 'Basic Y2xpZW50OnNlY3JldB=='],
    ['two sets of credentials', `${encode('client:secret')} ${encode('client:secret')}`],
    ['two headers joined', `${encode('client:secret')}, ${encode('client:secret')}`],
    ['no colon', encode('client')],
    ['nothing before the colon', encode(':secret')],
    ['nothing at all but the colon', encode(':')],
    ['an empty secret', encode('client:')],
    ['% without digits', encode('client:secret%')],
    ['% with no hex', encode('client:%zz')],
    ['a cut UTF-8 sequence', encode('client:%E2%82')],
    ['a lone surrogate', encode('client:%ED%A0%80')],
    ['raw UTF-8', encode('client:sécret')],
    ['raw bytes', encode(Buffer.from([0xff, 0xfe, 0x3a, 0x80, 0x81]))],
    ['a NUL', encode('client:secret\0')],
    ['a newline', encode('client:secret\n')],
    ['a second colon', encode('client:sec:ret')],
    ['a + for a space', encode('client:sec+ret')],
    ['other case', encode('Client:secret')],
    ['spaces around', encode(' client:secret ')],
    ['the secret twice', encode('client:secretsecret')],
    ['a prefix of the secret', encode('client:secre')],
    ['another scheme', 'Bearer Y2xpZW50OnNlY3JldA=='],
    ['a scheme that starts like it', encode('client:secret').replace('Basic', 'Basics')],
    ['Digest', 'Digest username="client", response="x"'],
    ['an empty header', ''],
    ['10 KB of it', encode(`client:${'x'.repeat(10_000)}`)],
  ])('%s', async (_, authorization) => {
    await expectInvalidClient(await authenticate(authorization));
  });
});
