// Every end-user page with plausible values, by name: what the screenshots show and the tests go through.
import { accountPage } from '../../src/login/pages/account.ts';
import { consentPage } from '../../src/login/pages/consent.ts';
import { type ErrorKind, errorPage } from '../../src/login/pages/error.ts';
import { formPostPage } from '../../src/login/pages/form_post.ts';
import { logoutConfirmationPage } from '../../src/login/pages/logout_confirmation.ts';
import { signInPage } from '../../src/login/pages/sign_in.ts';
import { signUpPage } from '../../src/login/pages/sign_up.ts';
import { signedOutPage } from '../../src/login/pages/signed_out.ts';
import type { Markup, Texts } from '../../src/login/texts/catalogue.ts';

/** 2026-11-23T04:40:00Z */
const now = 1_795_408_800;
const day = 86_400;

/** What a stranger may put anywhere a stranger's words are shown. */
export interface Stranger {
  readonly clientName: string;
  readonly login: string;
  readonly userName: string;
  readonly userAgent: string;
  readonly scope: string;
  readonly state: string;
}

export const plausible: Stranger = {
  clientName: 'Orbit Notes',
  login: 'ada',
  userName: 'Ada Lovelace',
  userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36',
  scope: 'notes:read',
  state: 'af0ifjsldkj',
};

const iPhone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 Version/19.1 Mobile/15E148 Safari/604.1';

const signInSamples = (texts: Texts, { clientName, login, userName }: Stranger): Readonly<Record<string, Markup>> => {
  const page = {
    ...{ texts, client: { name: clientName, host: 'orbit.example' }, login: null, error: null, account: null },
    ...{ signUpHref: '/sign-up?interaction=i1', csrf: 'c1', interaction: 'i1', action: '/login' },
  };
  return {
    sign_in: signInPage(page),
    sign_in_alone: signInPage({ ...page, client: null, interaction: null, signUpHref: null }),
    sign_in_wrong: signInPage({ ...page, login, error: { kind: 'credentials_wrong' } }),
    sign_in_limited: signInPage({ ...page, login, error: { kind: 'rate_limited', seconds: 150 } }),
    sign_in_busy: signInPage({ ...page, login, error: { kind: 'busy' } }),
    select_account: signInPage({ ...page, account: { sub: 'u1', name: userName, username: login } }),
    select_account_limited: signInPage({
      ...{ ...page, account: { sub: 'u1', name: userName, username: login }, login: 'grace' },
      error: { kind: 'rate_limited', seconds: 150 },
    }),
    select_account_wrong: signInPage({
      ...{ ...page, account: { sub: 'u1', name: userName, username: login }, login: 'grace' },
      error: { kind: 'credentials_wrong' },
    }),
  };
};

const signUpSamples = (texts: Texts, { login, userName }: Stranger): Readonly<Record<string, Markup>> => {
  const page = {
    ...{ texts, typed: { username: '', email: '', name: '' }, problems: {}, leastPassword: 15 },
    ...{ csrf: 'c1', interaction: 'i1', action: '/sign-up', signInHref: '/login?interaction=i1' },
  };
  const typed = { username: login, email: `${login}@example`, name: userName };
  const problems = { username: 'taken', email: 'malformed', password: 'common' } as const;
  return { sign_up: signUpPage(page), sign_up_wrong: signUpPage({ ...page, typed, problems }) };
};

const consentSample = (texts: Texts, { clientName, userName, scope }: Stranger): Markup =>
  consentPage({
    ...{ texts, client: { name: clientName, host: 'orbit.example', clientId: 'wq4mJ8hTzV0nY2' }, userName },
    access: {
      scope: ['openid', 'profile', 'email', 'roles', 'offline_access', scope, 'notes:write'],
      claims: ['birthdate', 'phone_number'],
      resources: ['https://api.orbit.example/v1'],
    },
    ...{ boundTo: 'mac', otherAccountHref: '/login?interaction=i1', csrf: 'c1', interaction: 'i1', action: '/consent' },
  });

const accountSamples = (texts: Texts, stranger: Stranger): Readonly<Record<string, Markup>> => {
  const { clientName, login, userName, userAgent, scope } = stranger;
  const page = {
    ...{
      texts,
      user: { sub: 'u1', username: login, email: 'ada@example.org', name: userName },
      notice: null,
      error: null,
    },
    sessions: [
      { sid: 's1', userAgent, signedInAt: now - 3 * day, lastSeenAt: now, current: true },
      { sid: 's2', userAgent: iPhone, signedInAt: now - 20 * day, lastSeenAt: now - 5400, current: false },
      { sid: 's3', userAgent: null, signedInAt: now - 40 * day, lastSeenAt: now - 9 * day, current: false },
    ],
    applications: [
      {
        ...{ clientId: 'wq4mJ8hTzV0nY2', client: { name: clientName, host: 'orbit.example' } },
        grantedAt: now - 12 * day,
        access: {
          scope: ['openid', 'profile', 'offline_access', scope, 'notes:write'],
          claims: [],
          resources: ['https://api.orbit.example/v1'],
        },
      },
      {
        ...{ clientId: 'k2', client: { name: null, host: '127.0.0.1:8080' }, grantedAt: now - 90 * day },
        access: { scope: ['openid', 'email'], claims: ['birthdate'], resources: [] },
      },
    ],
    ...{ leastPassword: 15, csrf: 'c1', now },
    actions: {
      ...{ endSession: '/account/sessions', withdrawConsent: '/account/consents' },
      ...{ changePassword: '/account/password', signOut: '/logout' },
    },
  };
  return {
    account: accountPage({ ...page, notice: 'consent_withdrawn' }),
    account_wrong: accountPage({ ...page, error: { kind: 'current_password', problem: 'wrong' } }),
    account_empty: accountPage({ ...page, sessions: [], applications: [], user: { ...page.user, name: null } }),
  };
};

const logoutSamples = (texts: Texts, { clientName, userName, state }: Stranger): Readonly<Record<string, Markup>> => {
  const client = { name: clientName, host: 'orbit.example' };
  const parameters = { post_logout_redirect_uri: 'https://orbit.example/bye', state };
  return {
    logout_confirmation: logoutConfirmationPage({
      ...{ texts, client, user: { sub: 'u1', name: userName }, parameters },
      ...{ csrf: 'c1', action: '/logout', stayHref: '/account' },
    }),
    signed_out: signedOutPage({ texts, signInHref: '/account' }),
    form_post: formPostPage({
      ...{ texts, client, redirectUri: 'https://orbit.example/cb' },
      parameters: { code: 'SplxlOBeZQQYbYS6WxSbIA', state, iss: 'https://id.example' },
    }),
  };
};

const errorSamples = (texts: Texts, { clientName: name }: Stranger): Readonly<Record<string, Markup>> =>
  Object.fromEntries(
    (Object.keys(texts.errors) as readonly ErrorKind[]).map((kind) => [
      `error_${kind}`,
      errorPage({
        ...{ texts, kind, requestId: '0b8e6f0c-3d0d-4c5e-9d3c-2f6a6a1b7c11' },
        retryAfterSeconds: kind === 'rate_limited' ? 45 : null,
        ...(kind === 'interaction_expired' && {
          wayBack: { client: { name, host: 'orbit.example' }, href: 'https://orbit.example' },
        }),
      }),
    ]),
  );

export const samplePages = (texts: Texts, stranger: Stranger = plausible): Readonly<Record<string, Markup>> => ({
  ...signInSamples(texts, stranger),
  ...signUpSamples(texts, stranger),
  consent: consentSample(texts, stranger),
  ...accountSamples(texts, stranger),
  ...logoutSamples(texts, stranger),
  ...errorSamples(texts, stranger),
});

/** The same as text. */
export const renderSamples = async (texts: Texts, stranger?: Stranger): Promise<Readonly<Record<string, string>>> => {
  const rendered = Object.entries(samplePages(texts, stranger)).map(async ([name, page]) => [name, String(await page)]);
  return Object.fromEntries(await Promise.all(rendered));
};
