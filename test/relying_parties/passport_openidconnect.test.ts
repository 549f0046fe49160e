import { once } from 'node:events';
import type { Server } from 'node:http';
import express from 'express';
import expressSession from 'express-session';
import passport from 'passport';
import openidconnect from 'passport-openidconnect';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { freePort } from '../free_port.ts';
import { type IssuerHere, openIssuer } from '../issuer_here.ts';
import type { Person } from '../issuer_records.ts';
import { processTestMilliseconds } from '../running_server.ts';
import { createEndUser, type EndUser } from './end_user.ts';

vi.setConfig({ testTimeout: processTestMilliseconds, hookTimeout: processTestMilliseconds });

const [clientId, clientSecret] = ['shop', 'the secret of the shop'];

interface Kept {
  readonly iss: string;
  readonly sub: string;
  readonly name: string | undefined;
  readonly email: string | undefined;
  readonly idToken: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** What a relying party is told of an issuer. The package has no discovery: whoever sets it up reads the document. */
type Metadata = Readonly<Record<string, string>>;

/** Exchanges a refresh token as passport-oauth2-refresh does, with the strategy's own client. */
const refreshWith = (
  strategy: InstanceType<typeof openidconnect.Strategy>,
  refreshToken: string,
): Promise<{ readonly accessToken: string; readonly refreshToken: string }> =>
  new Promise((settle, refuse) => {
    const parameters = { grant_type: 'refresh_token' };
    strategy._oauth2.getOAuthAccessToken(refreshToken, parameters, (error, accessToken, successor) =>
      error === null ? settle({ accessToken, refreshToken: successor }) : refuse(new Error(error.data)),
    );
  });

const createStrategy = (origin: string, metadata: Metadata) =>
  new openidconnect.Strategy(
    {
      issuer: metadata.issuer,
      authorizationURL: metadata.authorization_endpoint,
      tokenURL: metadata.token_endpoint,
      userInfoURL: metadata.userinfo_endpoint,
      clientID: clientId,
      clientSecret,
      callbackURL: `${origin}/callback`,
      scope: ['profile', 'email', 'offline_access'],
      nonce: 'yes',
      skipUserProfile: false,
    },
    // biome-ignore lint/complexity/useMaxParams: the package counts them to know what to hand over.
    (iss, { id, displayName, emails }, _context, idToken, accessToken, refreshToken, done) =>
      done(null, { iss, sub: id, name: displayName, email: emails?.[0]?.value, idToken, accessToken, refreshToken }),
  );

/** A shop: /login, /callback, /me, /refresh, /logout. */
const createShop = (origin: string, metadata: Metadata) => {
  const strategy = createStrategy(origin, metadata);
  const authenticator = new passport.Passport();
  authenticator.use(strategy);
  authenticator.serializeUser((user, done) => done(null, user));
  authenticator.deserializeUser((kept, done) => done(null, kept));
  const app = express();
  app.use(expressSession({ secret: 'of the session', resave: false, saveUninitialized: false }));
  app.use(authenticator.session());
  app.get('/login', authenticator.authenticate('openidconnect'));
  app.get(
    '/callback',
    authenticator.authenticate('openidconnect', { failureRedirect: '/refused', successRedirect: '/me' }),
  );
  app.get('/refused', (_, response) => response.status(401).json({ refused: true }));
  app.get('/me', ({ user }, response) => response.json(user ?? null));
  app.get('/refresh', async ({ user }, response) => {
    try {
      response.json(await refreshWith(strategy, (user as Kept).refreshToken));
    } catch (error) {
      response.status(400).json(JSON.parse((error as Error).message));
    }
  });
  app.get('/logout', (request, response) => {
    const { idToken } = request.user as Kept;
    const parameters = { id_token_hint: idToken, post_logout_redirect_uri: `${origin}/me` };
    request.logout(() => response.redirect(`${metadata.end_session_endpoint}?${new URLSearchParams(parameters)}`));
  });
  return app;
};

let server: IssuerHere;
let ada: Person;
let shop: Server;
let origin: string;
let metadata: Metadata;

beforeAll(async () => {
  server = await openIssuer({ KEYTURN_REFRESH_RETRY_SECONDS: '0' });
  ada = await server.addPerson('ada');
  const port = await freePort();
  origin = `http://localhost:${port}`;
  const overrides = {
    redirectUris: [`${origin}/callback`],
    postLogoutRedirectUris: [`${origin}/me`],
    tokenEndpointAuthMethod: 'client_secret_post',
    dangerouslyAllowNoPkce: true,
  };
  await server.addClient(clientId, overrides, clientSecret);
  metadata = (await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).json()) as Metadata;
  shop = createShop(origin, metadata).listen(port, 'localhost');
  await once(shop, 'listening');
});
afterAll(async () => {
  await new Promise((closed) => (shop === undefined ? closed(undefined) : shop.close(closed)));
  await server?.close();
});

const open = (endUser: EndUser, path: string, decision: 'allow' | 'deny' = 'allow') =>
  endUser.open(`${origin}${path}`, { decision }, [origin]);

const signIn = async (endUser: EndUser): Promise<Kept> => JSON.parse((await open(endUser, '/login')).body) as Kept;

describe('passport-openidconnect 0.1 in Express, which sends no PKCE', () => {
  test('a person signs in, and the shop has their profile from userinfo', async () => {
    const endUser = createEndUser(server.issuer, ada);
    const arrived = await open(endUser, '/login');
    expect(arrived.pages).toEqual(['/login', '/consent']);
    expect(arrived.url.href).toBe(`${origin}/me`);
    const profile = { iss: server.issuer, sub: ada.sub, name: 'Ada Example', email: ada.email };
    expect(JSON.parse(arrived.body)).toMatchObject(profile);
  });

  test('a refresh gives another refresh token, and the spent one is refused', async () => {
    const endUser = createEndUser(server.issuer, ada);
    const before = await signIn(endUser);
    const after = JSON.parse((await open(endUser, '/refresh')).body) as Kept;
    expect(after.refreshToken).toMatch(/^[\w-]{72}$/);
    expect(after.refreshToken).not.toBe(before.refreshToken);
    const again = await open(endUser, '/refresh');
    expect([again.status, JSON.parse(again.body).error]).toEqual([400, 'invalid_grant']);
  });

  test('a revoked refresh token is refused, and userinfo with it', async () => {
    const endUser = createEndUser(server.issuer, ada);
    const { accessToken, refreshToken } = await signIn(endUser);
    const body = new URLSearchParams({ token: refreshToken, client_id: clientId, client_secret: clientSecret });
    expect((await fetch(metadata.revocation_endpoint ?? '', { method: 'POST', body })).status).toBe(200);
    expect((await open(endUser, '/refresh')).status).toBe(400);
    const headers = { authorization: `Bearer ${accessToken}` };
    expect((await fetch(metadata.userinfo_endpoint ?? '', { headers })).status).toBe(401);
  });

  test('logout ends both sessions and comes back to the shop', async () => {
    const endUser = createEndUser(server.issuer, ada);
    await signIn(endUser);
    const goodbye = await open(endUser, '/logout');
    expect(goodbye).toMatchObject({ url: new URL(`${origin}/me`), pages: [], body: 'null' });
    expect((await open(endUser, '/login')).pages).toEqual(['/login']);
  });

  test('who denies consent comes back signed in nowhere', async () => {
    await server.store.withdrawConsent(ada.sub, clientId, Math.floor(Date.now() / 1000));
    const denied = await open(createEndUser(server.issuer, ada), '/login', 'deny');
    expect(denied).toMatchObject({ url: new URL(`${origin}/refused`), status: 401 });
  });
});
