import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { timesInWords } from '../../src/cli/token_times.ts';
import type { Environment } from '../../src/config.ts';
import { readConfig } from '../../src/config.ts';
import { jwkSetOf, publishedKeysOf } from '../../src/keys/jwk_set.ts';
import { freePort } from '../free_port.ts';
import { makeFolder } from '../running_server.ts';
import { loopbackIn, runCommand, startRingsAt, withStoreAt } from './in_process.ts';

const api = 'https://api.example.com';
const folder = makeFolder();
const now = () => Math.floor(Date.now() / 1000);
let server: Server;
let environment: Environment;

const keyturn = (...args: string[]) => runCommand(args, { environment });
const mint = async (...args: string[]): Promise<string> => (await keyturn('token', 'mint', ...args)).stdout.trim();
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Serves the key set of the folder's database, as jwks_uri does. */
beforeAll(async () => {
  server = createServer(async (request, response) => {
    const { keys } = await withStoreAt(folder, now(), (store) => store.readSigningKeys());
    const { body } = jwkSetOf(publishedKeysOf(keys, readConfig({}).policy, now()));
    const found = request.url === '/.well-known/jwks.json';
    response.writeHead(found ? 200 : 404, { 'Content-Type': 'application/jwk-set+json' }).end(found ? body : '');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  environment = loopbackIn(folder, { KEYTURN_ISSUER: `http://127.0.0.1:${port}` });
  await startRingsAt(folder, environment, now());
  await keyturn('resources', 'add', api, '--scope', 'read write', '--claim', 'tenant=acme');
  await keyturn('clients', 'add', '--client-id', 'billing', '--scope', 'read');
});
afterAll(() => {
  server.close();
});

describe('keyturn token mint and verify', () => {
  test('a minted token verifies; it is what the client would have got', async () => {
    const minted = await keyturn('token', 'mint');
    expect(minted).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+\n$/) });
    const token = minted.stdout.trim();
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) });
    expect(decodeJwt(token)).toMatchObject({
      iss: environment.KEYTURN_ISSUER,
      sub: 'billing',
      client_id: 'billing',
      aud: api,
      scope: 'read',
      tenant: 'acme',
    });
    const verified = await keyturn('token', 'verify', token, '--audience', api);
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringMatching(/^VERIFIED: signature by "/) });
    const { stdout } = await keyturn('token', 'verify', `Bearer ${token}`, '--json');
    expect(JSON.parse(stdout)).toEqual({
      verified: true,
      header: decodeProtectedHeader(token),
      claims: decodeJwt(token),
    });
  });

  test('without --audience it says that the aud was not checked', async () => {
    expect((await keyturn('token', 'verify', await mint())).stdout).toContain('aud NOT checked (--audience)');
  });

  test.each([
    ['expired', ['--expires-in', '-60'], 'token_expired', 'The token expired '],
    ['early', ['--not-before-in', '600'], 'token_not_yet_valid', 'ahead of this machine'],
    ['of another audience', ['--resource', 'https://other'], 'audience_mismatch', 'aud is "https://other"'],
    ['of another issuer', ['--claims', '{"iss":"x"}'], 'issuer_mismatch', 'iss is "x"'],
    ['without an exp', ['--claims', '{"exp":null}'], 'claim_invalid', 'exp is missing'],
    ['of another type', ['--header', '{"typ":"JWT"}'], 'type_mismatch', 'typ is "jwt"'],
    ['by an unknown key', ['--header', '{"kid":"nope"}'], 'key_unknown', 'the kid "nope"'],
    ['T001: without an algorithm', ['--header', '{"alg":"none"}'], 'algorithm_not_allowed', 'alg is "none"'],
    ['T003: of the other ring', ['--header', '{"alg":"RS256"}'], 'algorithm_not_allowed', 'is for ES256'],
    ['T006: with an unknown crit', ['--header', '{"crit":["x"],"x":1}'], 'token_malformed', '"crit"'],
  ])('a token %s can be minted and does not verify, and verify says why', async (_name, args, reason, words) => {
    const token = await mint(...args);
    const json = await keyturn('token', 'verify', token, '--audience', api, '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ verified: false, reason, message: expect.stringContaining(words) });
    const { code, stdout } = await keyturn('token', 'verify', token, '--audience', api);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^DOES NOT VERIFY: /);
  });

  test('T008: an altered token does not verify', async () => {
    const [header, , signature] = (await mint()).split('.');
    const altered = `${header}.${encode({ iss: environment.KEYTURN_ISSUER, exp: now() + 60 })}.${signature}`;
    expect(await keyturn('token', 'verify', altered)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('the token was altered'),
    });
  });

  test('an expired token was issued before it expired', async () => {
    const { iat = 0, exp = 0 } = decodeJwt(await mint('--expires-in', '-60'));
    expect(exp - iat).toBe(600);
  });

  test('null leaves a claim or a header member out, and --json tells what was signed', async () => {
    const { stdout } = await keyturn(
      'token',
      'mint',
      '--claims',
      '{"sub":null,"n":1}',
      '--header',
      '{"kid":null}',
      '--json',
    );
    const { token, header, claims } = JSON.parse(stdout);
    expect(claims).toEqual(decodeJwt(token));
    expect(header).toEqual({ alg: 'ES256', typ: 'at+jwt' });
    expect(claims).toMatchObject({ n: 1 });
    expect(claims).not.toHaveProperty('sub');
  });

  test('--alg, --client-id, --subject and --scope', async () => {
    const token = await mint('--alg', 'RS256', '--client-id', 'nobody', '--subject', 'alice', '--scope', 'a b');
    expect(decodeProtectedHeader(token).alg).toBe('RS256');
    expect(decodeJwt(token)).toMatchObject({ client_id: 'nobody', sub: 'alice', scope: 'a b', aud: api });
  });

  test('a token that outlives its key is minted with a warning', async () => {
    const { code, stderr } = await keyturn('token', 'mint', '--expires-in', '7200');
    expect(code).toBe(0);
    expect(stderr).toContain('lives longer than 3600 s');
  });

  test('nothing is minted for an issuer that is not on loopback', async () => {
    const elsewhere = { ...environment, KEYTURN_ISSUER: 'https://id.example.com' };
    expect(await runCommand(['token', 'mint'], { environment: elsewhere })).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('for a loopback issuer only'),
    });
  });

  test('--offline --jwks FILE asks nobody, and verifies with the key set that was kept', async () => {
    const { keys } = await withStoreAt(folder, now(), (store) => store.readSigningKeys());
    const { body } = jwkSetOf(publishedKeysOf(keys, readConfig({}).policy, now()));
    const file = join(folder, 'kept.jwks.json');
    writeFileSync(file, body);
    const nobody = { ...environment, KEYTURN_ISSUER: `http://127.0.0.1:${await freePort()}` };
    const verify = (...args: string[]) => runCommand(['token', 'verify', ...args], { environment: nobody });
    const claims = JSON.stringify({ iss: nobody.KEYTURN_ISSUER });
    const token = await mint('--claims', claims);
    expect(await verify(token, '--offline', '--jwks', file)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^VERIFIED: /),
    });
    expect(await verify(token, '--jwks', file, '--audience', 'https://other')).toMatchObject({ code: 1, stderr: '' });
    expect(await verify(token)).toMatchObject({ code: 1, stderr: expect.stringContaining('could not be fetched') });
    const logout = await mint('--claims', claims, '--header', '{"typ":"logout+jwt"}');
    expect((await verify(logout, '--jwks', file, '--typ', 'logout+jwt')).code).toBe(0);
    expect((await verify(logout, '--jwks', file)).code).toBe(1);
  });

  test('a key set that is not at hand, or is none, is told and nothing is verified', async () => {
    const token = await mint();
    const file = join(folder, 'empty.jwks.json');
    writeFileSync(file, '{"keys":[]}');
    const outcomes = [
      [['--offline'], /has to be at hand: --jwks FILE/],
      [['--jwks', join(folder, 'nowhere.json')], /could not be read \(ENOENT\)/],
      [['--jwks', file], /has no key to verify with/],
    ] as const;
    for (const [options, stderr] of outcomes)
      expect(await keyturn('token', 'verify', token, ...options)).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(stderr),
      });
    expect(await keyturn('token', 'verify', '-', '--jwks', '-')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not both'),
    });
  });

  test('verify says so when no server answers, and when it answers something else', async () => {
    const token = await mint();
    const nobody = `http://127.0.0.1:${await freePort()}`;
    expect(await keyturn('token', 'verify', token, '--issuer', nobody)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/jwks\.json could not be fetched \(ECONNREFUSED\).*Is the server running\?/),
    });
    const wrongPath = `${environment.KEYTURN_ISSUER}/elsewhere`;
    expect(await keyturn('token', 'verify', token, '--issuer', wrongPath)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('could not be fetched'),
    });
    expect(await keyturn('token', 'verify', token, '--issuer', 'not a url')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is no URL'),
    });
  });
});

describe('keyturn token inspect', () => {
  test('it decodes, says NOT VERIFIED first and last, and puts times into words', async () => {
    const token = await mint('--expires-in', '-60');
    const { code, stdout } = await keyturn('token', 'inspect', token);
    expect(code).toBe(0);
    expect(stdout.match(/NOT VERIFIED/g)).toHaveLength(2);
    expect(stdout).toMatch(/^NOT VERIFIED/);
    expect(stdout).toMatch(/exp: EXPIRED .* \(1 min( \d+ s)? ago\)/);
    const json = JSON.parse((await keyturn('token', 'inspect', token, '--json')).stdout);
    expect(json).toEqual({ verified: false, header: decodeProtectedHeader(token), claims: decodeJwt(token) });
  });

  test('it reads standard input for -', async () => {
    const input = `${await mint()}\n`;
    const { stdout } = await runCommand(['token', 'inspect', '-'], { environment, input });
    expect(stdout).toContain('"sub": "billing"');
  });

  test('control characters in a claim are shown, not obeyed', async () => {
    const token = `${encode({ alg: 'none' })}.${encode({ sub: '\u001b[2J\u009b\u202e', exp: 1 })}.`;
    const { stdout } = await keyturn('token', 'inspect', token);
    expect(stdout).toContain('"\\u001b[2J\\u009b\\u202e"');
    expect(stdout).toContain('signature: EMPTY');
  });

  test.each([
    ['', 'it is empty'],
    ['junk', 'it has 1 parts instead of 3'],
    ['a.b', 'it has 2 parts'],
    ['a.b.c.d', 'it has 4 parts'],
    ['.'.repeat(10_000), 'more than 5 parts'],
    ['a.b.c', 'its header is not JSON'],
    ['!.b.c', 'part 1 has characters that are not base64url'],
    [`${encode({})}=.${encode({})}.`, 'part 1 has characters'],
    [`${encode([])}.${encode({})}.`, 'its header is JSON but no object'],
    [`${encode({})}.${encode(null)}.`, 'the claims, is JSON but no object'],
    [`${encode({})}.${encode(1)}.`, 'the claims, is JSON but no object'],
    [`${encode({})}.gA.`, 'the claims, is not JSON'],
    [`${encode({})}.${Buffer.from('{').toString('base64url')}.`, 'the claims, is not JSON'],
  ])('T010, T011: %s is refused with a sentence', async (token, message) => {
    for (const command of ['inspect', 'verify'])
      expect(await keyturn('token', command, '--', token)).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining(message),
      });
  });

  test('an encrypted token shows its header alone, and does not verify', async () => {
    const jwe = `${encode({ alg: 'dir', enc: 'A256GCM' })}..a.b.c`;
    expect((await keyturn('token', 'inspect', jwe)).stdout).toContain('encrypted (JWE)');
    expect(await keyturn('token', 'verify', jwe)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('encrypted'),
    });
  });

  test('T022: 20 000 nested lists are refused in words, never a crash; 400 are shown', async () => {
    const deep = (levels: number) =>
      Buffer.from(`{"x":${'['.repeat(levels)}${']'.repeat(levels)}}`).toString('base64url');
    for (const token of [`${encode({ alg: 'none' })}.${deep(20_000)}.`, `${deep(20_000)}.${encode({})}.`])
      expect(await keyturn('token', 'inspect', token)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('has more than 500 levels of JSON'),
      });
    expect((await keyturn('token', 'inspect', `${encode({ alg: 'none' })}.${deep(400)}.`)).code).toBe(0);
  });
});

describe('the times of a token in words, RFC 7519 §4.1', () => {
  const at = 1_800_000_000;

  test.each([
    [{ exp: at + 60 }, ['exp: expires 2027-01-15T08:01:00Z (in 1 min)']],
    [{ exp: at }, ['exp: EXPIRED 2027-01-15T08:00:00Z (now)']],
    [{ exp: at + 60.5 }, ['exp: expires 2027-01-15T08:01:00Z (in 1 min)']],
    [{ nbf: at + 1, exp: at + 60 }, [expect.stringContaining('NOT VALID YET'), expect.anything()]],
    [{ iat: at + 1, exp: at + 60 }, [expect.stringContaining('ISSUED IN THE FUTURE'), expect.anything()]],
    [{}, ['exp: missing; it would never expire, and verifiers refuse it']],
    [{ exp: '1800000000' }, ['exp: no number of seconds; verifiers refuse it']],
    [{ exp: Number.POSITIVE_INFINITY }, ['exp: no number of seconds; verifiers refuse it']],
    [{ exp: at * 1000 }, ['exp: 1800000000000 looks like milliseconds; seconds are expected']],
  ])('T014: %j', (claims, lines) => {
    expect(timesInWords(claims, at)).toEqual(lines);
  });
});
