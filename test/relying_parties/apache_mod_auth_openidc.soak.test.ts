// Apache with mod_auth_openidc, as its own documentation configures it: a person signs in, tokens are refreshed, keys turn
// beyond those Apache has, and signing out ends both sessions, from either side. Needs Debian's Apache.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { SigningAlgorithm } from '../../src/seams/signer.ts';
import { freePort } from '../free_port.ts';
import { type IssuerProcess, startIssuer } from '../issuer_process.ts';
import type { Person } from '../issuer_records.ts';
import { makeFolder, processTestMilliseconds, type Running, start, until } from '../running_server.ts';
import { createEndUser, type EndUser } from './end_user.ts';
import { quickTurns } from './quick_turns.ts';

vi.setConfig({ testTimeout: processTestMilliseconds, hookTimeout: processTestMilliseconds });

const apache2 = '/usr/sbin/apache2';
const modules = '/usr/lib/apache2/modules';
const isThere = [apache2, join(modules, 'mod_auth_openidc.so')].every((path) => existsSync(path));
if (!isThere)
  console.warn('NOT RUN: Apache as a relying party needs it: apt-get install apache2-bin libapache2-mod-auth-openidc');

const clientSecret = 'the secret of Apache';

/** mod_auth_openidc sends only a browser that opens a page to sign in, and Node's fetch says that it is none: Sec-Fetch-Mode. */
const configuration = (folder: string, port: number, issuer: string): string => `
ServerRoot ${folder}
ServerName localhost
PidFile ${folder}/pid
Listen 127.0.0.1:${port}
User www-data
Group www-data
ErrorLog ${folder}/error.log
KeepAlive Off
${['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'headers', 'dir', 'auth_openidc']
  .map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`)
  .join('\n')}
DocumentRoot ${folder}/pages
RequestHeader set Sec-Fetch-Mode navigate early
OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration
OIDCClientID apache
OIDCClientSecret "${clientSecret}"
OIDCRedirectURI http://localhost:${port}/protected/redirect_uri
OIDCCryptoPassphrase "a passphrase of this test"
OIDCScope "openid email profile"
OIDCPKCEMethod S256
OIDCResponseMode form_post
OIDCDefaultURL http://localhost:${port}/goodbye.html
OIDCInfoHook access_token id_token userinfo
<Location /protected>
  AuthType openid-connect
  Require valid-user
</Location>
`;

interface Info {
  readonly access_token: string;
  readonly id_token: { readonly iss: string; readonly sub: string };
  readonly userinfo: { readonly email: string; readonly name: string };
}

let server: IssuerProcess;
let ada: Person;
let apache: Running;
let origin: string;
const folder = makeFolder();

const startApache = async (): Promise<void> => {
  const port = await freePort();
  origin = `http://localhost:${port}`;
  const redirectUri = `${origin}/protected/redirect_uri`;
  const overrides = {
    redirectUris: [redirectUri],
    postLogoutRedirectUris: [`${origin}/goodbye.html`],
    backchannelLogoutUri: `${redirectUri}?logout=backchannel`,
  };
  await server.addClient('apache', overrides, clientSecret);
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'pages/protected'), { recursive: true });
  writeFileSync(join(folder, 'pages/protected/index.html'), 'for those signed in');
  writeFileSync(join(folder, 'pages/goodbye.html'), 'goodbye');
  writeFileSync(join(folder, 'error.log'), '');
  writeFileSync(join(folder, 'httpd.conf'), configuration(folder, port, server.issuer));
  apache = start(apache2, ['-f', join(folder, 'httpd.conf'), '-D', 'FOREGROUND'], folder, {});
  const log = (): string => apache.stderr() + readFileSync(join(folder, 'error.log'), 'utf8');
  await until('Apache listens', () => {
    if (apache.child.exitCode !== null) throw new Error(`Apache ended: ${log()}`);
    return fetch(origin).catch(() => undefined);
  });
};

beforeAll(async () => {
  if (!isThere) return;
  server = await startIssuer(quickTurns);
  ada = await server.addPerson('ada');
  await startApache();
});
afterAll(async () => {
  apache?.child.kill('SIGTERM');
  await apache?.ended;
  await server?.close();
});

const open = (endUser: EndUser, path: string) => endUser.open(`${origin}${path}`, {}, [origin]);
const signIn = async (): Promise<EndUser> => {
  const endUser = createEndUser(server.issuer, ada);
  expect(await open(endUser, '/protected/')).toMatchObject({ status: 200, body: 'for those signed in' });
  return endUser;
};
/** What the module keeps of a session, its tokens refreshed first where they are as old as said. */
const infoOf = async (endUser: EndUser, refresh = ''): Promise<Info> =>
  JSON.parse((await open(endUser, `/protected/redirect_uri?info=json${refresh}`)).body) as Info;
const refreshed = (endUser: EndUser): Promise<Info> => infoOf(endUser, '&access_token_refresh_interval=0');
const kidOf = ({ access_token }: Info): string => decodeProtectedHeader(access_token).kid ?? '';
const isSignedIn = async (endUser: EndUser): Promise<boolean> => {
  const response = await endUser.request(new URL(`${origin}/protected/`));
  await response.body?.cancel();
  return response.status === 200;
};

/** Each ring by itself: where one of them has to wait, a try at both would turn the other again. */
const turn = async (alg: SigningAlgorithm, tries = 10): Promise<void> => {
  const { code, stderr } = await server.runCli(['keys', 'rotate', '--alg', alg]);
  if (code !== 0 && tries === 0) expect.fail(stderr);
  await wait(1000);
  if (code !== 0) await turn(alg, tries - 1);
};

describe.skipIf(!isThere)('Apache with mod_auth_openidc', () => {
  test('a person signs in, and Apache has who it is from userinfo', async () => {
    const endUser = createEndUser(server.issuer, ada);
    const arrived = await open(endUser, '/protected/');
    expect(arrived.pages.slice(0, 2)).toEqual(['/login', '/consent']);
    expect(arrived).toMatchObject({ url: new URL(`${origin}/protected/`), body: 'for those signed in' });
    expect(await infoOf(endUser)).toMatchObject({
      id_token: { iss: server.issuer, sub: ada.sub },
      userinfo: { email: ada.email, name: 'Ada Example' },
    });
  });

  test('who denies consent reads so, and is not sent round in a circle', async () => {
    const eve = createEndUser(server.issuer, await server.addPerson('eve'));
    const denied = await eve.open(`${origin}/protected/`, { decision: 'deny' }, [origin]);
    expect(denied.url.href).toBe(`${origin}/protected/redirect_uri`);
    expect(denied.body).toContain('access_denied');
    expect(await isSignedIn(eve)).toBe(false);
  });

  test('a session is refreshed, and goes on where keys turned twice; who signs in meets a key that Apache did not have', async () => {
    const endUser = await signIn();
    const first = await infoOf(endUser);
    const second = await refreshed(endUser);
    expect(decodeJwt(second.access_token).jti).not.toBe(decodeJwt(first.access_token).jti);
    for (const alg of ['ES256', 'RS256', 'ES256', 'RS256'] as const) await turn(alg);
    const third = await refreshed(endUser);
    expect(kidOf(third)).not.toBe(kidOf(first));
    expect(third.id_token).toMatchObject({ iss: server.issuer, sub: ada.sub });
    expect(kidOf(await infoOf(await signIn()))).toBe(kidOf(third));
  });

  test('signing out at Apache signs out at the issuer, and comes back', async () => {
    const endUser = await signIn();
    const way = encodeURIComponent(`${origin}/goodbye.html`);
    const left = await open(endUser, `/protected/redirect_uri?logout=${way}`);
    expect(left).toMatchObject({ url: new URL(`${origin}/goodbye.html`), pages: [], body: 'goodbye' });
    expect((await open(endUser, '/protected/')).pages).toContain('/login');
  });

  test('signing out at the issuer signs out at Apache, by back-channel logout', async () => {
    const endUser = await signIn();
    expect(await isSignedIn(endUser)).toBe(true);
    expect((await endUser.open(`${server.issuer}/logout`)).body).toContain('You are signed out');
    await until('Apache has heard of it', async () => !(await isSignedIn(endUser)) || undefined);
  });
});
