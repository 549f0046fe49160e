import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type IssuerHere, openIssuer } from '../issuer_here.ts';
import type { Person } from '../issuer_records.ts';
import { processTestMilliseconds } from '../running_server.ts';
import { ask, pythonWithFlask, type RunningExample, startExample } from './example_process.ts';
import { audience, clientToken, personToken, register, tokenForElsewhere } from './tokens.ts';

const node = () => [process.execPath, 'api.ts'] as const;
const flask = (port: string) =>
  [pythonWithFlask ?? 'python3', '-m', 'flask', '--app', 'api', 'run', '--port', port] as const;

const examples = [
  ['hono_api', node],
  ['express_api', node],
  ['fastify_api', node],
  ['flask_api', flask],
] as const;

const unknownKey = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: 'nobody' })).toString('base64url');

let issuer: IssuerHere;
let ada: Person;
let bob: Person;
let tokens: Readonly<Record<'ada' | 'bob' | 'client' | 'elsewhere', string>>;

beforeAll(async () => {
  issuer = await openIssuer();
  await register(issuer);
  ada = await issuer.addPerson('ada', { roles: ['admin', 'staff'] });
  bob = await issuer.addPerson('bob', { roles: ['staff'] });
  tokens = {
    ada: await personToken(issuer.issuer, ada),
    bob: await personToken(issuer.issuer, bob),
    client: await clientToken(issuer.issuer),
    elsewhere: await tokenForElsewhere(issuer.issuer),
  };
}, processTestMilliseconds);
afterAll(() => issuer?.close());

test('the tokens are of people with roles, and of a client without any', () => {
  expect(decodeJwt(tokens.ada)).toMatchObject({ sub: ada.sub, aud: audience, roles: ['admin', 'staff'] });
  expect(decodeJwt(tokens.bob)).toMatchObject({ sub: bob.sub, roles: ['staff'] });
  expect(decodeJwt(tokens.client)).not.toHaveProperty('roles');
});

if (pythonWithFlask === undefined)
  console.error(
    'SKIPPED: examples/flask_api, for no Python here has flask, jwt and cryptography. On Debian: apt-get install python3-flask python3-jwt python3-cryptography',
  );

for (const [folder, commandFor] of examples)
  describe.runIf(folder !== 'flask_api' || pythonWithFlask !== undefined)(`examples/${folder}`, () => {
    let api: RunningExample;
    const challenge = expect.stringMatching(/^Bearer realm="api"$/);

    beforeAll(async () => {
      api = await startExample(folder, commandFor, { ISSUER: issuer.issuer, AUDIENCE: audience });
    }, processTestMilliseconds);
    afterAll(() => api?.stop());

    test('the public route is for everyone', async () => {
      expect(await ask(api.url)).toMatchObject({ status: 200, challenge: null });
    });

    test.each(['/me', '/admin'])('%s wants a token', async (path) => {
      expect(await ask(api.url + path)).toEqual({ status: 401, challenge, body: '' });
    });

    test('whoever has a token for this API gets in', async () => {
      const { status, body } = await ask(`${api.url}/me`, tokens.bob);
      expect({ status, body: JSON.parse(body) }).toEqual({ status: 200, body: { hello: bob.sub } });
      expect((await ask(`${api.url}/me`, tokens.client)).status).toBe(200);
    });

    test('the admin’s page is for admins', async () => {
      expect((await ask(`${api.url}/admin`, tokens.ada)).status).toBe(200);
      for (const token of [tokens.bob, tokens.client])
        expect(await ask(`${api.url}/admin`, token)).toMatchObject({
          status: 403,
          challenge: expect.stringMatching(/^Bearer realm="api", error="insufficient_scope"/),
        });
    });

    test.each([
      ['for another audience', () => tokens.elsewhere],
      ['that was altered', () => `${tokens.ada.slice(0, -8)}AAAAAAAA`],
      ['with another key’s name', () => `${tokens.ada.replace(/^[^.]+/, unknownKey)}`],
      ['that is none', () => 'abc'],
    ])('a token %s is refused', async (_what, token) => {
      expect(await ask(`${api.url}/me`, token())).toMatchObject({
        status: 401,
        challenge: expect.stringMatching(/^Bearer realm="api", error="invalid_token"/),
      });
    });
  });
