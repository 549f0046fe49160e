// /account: the end-user's sessions, the applications they let in, and their password. Each can be ended or changed.
import type { Context } from 'hono';
import type { Parameters } from '../form_urlencoded.ts';
import { changePassword } from '../login/change_password.ts';
import { ensureBrowserCookie, readSessionCookie } from '../login/cookies.ts';
import { endSession } from '../login/end_session.ts';
import { csrfTokenOf } from '../login/forgery.ts';
import { type AccountPage, accountPage } from '../login/pages/account.ts';
import type { GrantedApplication } from '../login/pages/account_applications.ts';
import { shownHostOf } from '../login/pages/client_words.ts';
import { leastPasswordCharacters } from '../login/password.ts';
import { findSignedIn, type SignedIn } from '../login/session.ts';
import type { Provider } from '../provider.ts';
import type { Session } from '../seams/session_store.ts';
import type { Endpoint } from './endpoint.ts';
import { pageEndpoint } from './page_endpoint.ts';
import { readPageForm } from './page_form.ts';
import { pageResponse, textsOf } from './page_response.ts';
import { pageHref, paths } from './paths.ts';
import { seeOther } from './see_other.ts';

type Told = Pick<AccountPage, 'notice' | 'error'>;

const applicationsOf = async (sub: string, { store }: Provider): Promise<readonly GrantedApplication[]> => {
  const applications: GrantedApplication[] = [];
  for (const { clientId, grantedAt, ...access } of await store.listConsents(sub)) {
    const client = await store.findClient(clientId);
    const redirectUri = client?.redirectUris[0];
    const words = {
      name: client?.clientName ?? null,
      host: redirectUri === undefined ? clientId : shownHostOf(redirectUri),
    };
    applications.push({ clientId, client: words, grantedAt, access });
  }
  return applications;
};

/** Also those of browsers that stayed away too long, whose tokens live on. */
const unendedSessionsOf = async (sub: string, { store, clock }: Provider): Promise<readonly Session[]> => {
  const now = clock.now();
  return (await store.listSessions(sub)).filter(({ endedAt, expiresAt }) => endedAt === null && now < expiresAt);
};

const show = async (
  context: Context,
  { user, session }: SignedIn,
  told: Told,
  provider: Provider,
): Promise<Response> => {
  const action = pageHref(paths.account, provider);
  const sessions = await unendedSessionsOf(user.sub, provider);
  const markup = accountPage({
    texts: textsOf(context),
    user: {
      sub: user.sub,
      username: user.username,
      email: user.email,
      name: typeof user.claims.name === 'string' ? user.claims.name : null,
    },
    sessions: sessions.map(({ sid, userAgent, authTime, lastSeenAt }) => ({
      sid,
      userAgent,
      signedInAt: authTime,
      lastSeenAt,
      current: sid === session.sid,
    })),
    applications: await applicationsOf(user.sub, provider),
    ...told,
    leastPassword: leastPasswordCharacters,
    csrf: csrfTokenOf(ensureBrowserCookie(context, provider)),
    actions: {
      endSession: `${action}/sessions`,
      withdrawConsent: `${action}/applications`,
      changePassword: `${action}/password`,
      signOut: pageHref(paths.end_session, provider),
    },
    now: provider.clock.now(),
  });
  return pageResponse(context, markup, { status: told.error === null ? 200 : 400 });
};

/** Runs a handler for who is signed in; anybody else is sent to sign in. */
const signedInOnly =
  (provider: Provider, handler: (context: Context, signedIn: SignedIn) => Promise<Response>) =>
  async (context: Context): Promise<Response> => {
    const signedIn = await findSignedIn(readSessionCookie(context, provider), provider);
    if (signedIn !== undefined) return handler(context, signedIn);
    return seeOther(context, pageHref(paths.login, provider));
  };

/** Runs a handler for a form of the account page. One shown to somebody who was signed in before does nothing. */
const ownForm = (
  provider: Provider,
  handler: (context: Context, signedIn: SignedIn, form: Parameters) => Promise<Response>,
) =>
  signedInOnly(provider, async (context, signedIn) => {
    const { form } = await readPageForm(context, provider);
    if (form.get('account') === signedIn.user.sub) return handler(context, signedIn, form);
    return seeOther(context, pageHref(paths.account, provider));
  });

const done = (context: Context, notice: string, provider: Provider): Response =>
  seeOther(context, `${pageHref(paths.account, provider)}?done=${notice}`);

const notices = ['password_changed', 'session_ended', 'consent_withdrawn'] as const;

export const account: Endpoint = (provider) =>
  pageEndpoint(provider, {
    GET: signedInOnly(provider, (context, signedIn) => {
      const notice = notices.find((known) => known === context.req.query('done')) ?? null;
      return show(context, signedIn, { notice, error: null }, provider);
    }),
  });

export const accountSessions: Endpoint = (provider) =>
  pageEndpoint(provider, {
    POST: ownForm(provider, async (context, { user }, form) => {
      const ended = await provider.store.findSessionBySid(form.get('sid') ?? '');
      if (ended?.sub === user.sub) await endSession(ended, provider);
      return done(context, 'session_ended', provider);
    }),
  });

export const accountApplications: Endpoint = (provider) =>
  pageEndpoint(provider, {
    POST: ownForm(provider, async (context, { user }, form) => {
      const clientId = form.get('client_id') ?? '';
      await provider.store.withdrawConsent(user.sub, clientId, await provider.keyRing.databaseTimeAnew());
      return done(context, 'consent_withdrawn', provider);
    }),
  });

export const accountPassword: Endpoint = (provider) =>
  pageEndpoint(provider, {
    POST: ownForm(provider, async (context, signedIn, form) => {
      const [current, wanted] = [form.get('current_password') ?? '', form.get('new_password') ?? ''];
      const error = await changePassword(current, wanted, signedIn, provider);
      if (error !== undefined) return show(context, signedIn, { notice: null, error }, provider);
      return done(context, 'password_changed', provider);
    }),
  });
