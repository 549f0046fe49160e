// /login: an end-user signs in with a password, or goes on as who is signed in already.
import type { Context } from 'hono';
import { passwordAcr } from '../authorization_request/claims.ts';
import { OAuthError } from '../errors.ts';
import { ensureBrowserCookie, readSessionCookie, writeSessionCookie } from '../login/cookies.ts';
import { csrfTokenOf } from '../login/forgery.ts';
import { isNewSince } from '../login/interaction.ts';
import { namedUser } from '../login/named_user.ts';
import { isExpected, isSignedInAsAsked } from '../login/next_step.ts';
import { type SignInError, type SignInPage, signInPage } from '../login/pages/sign_in.ts';
import { findSignedIn, type SignInManner, startSession } from '../login/session.ts';
import { signIn } from '../login/sign_in.ts';
import type { Provider } from '../provider.ts';
import { PasswordHasherBusyError } from '../seams/password_hasher.ts';
import type { User } from '../seams/user_store.ts';
import { recordAudit } from '../tokens/audit.ts';
import type { Endpoint } from './endpoint.ts';
import { networkAddress } from './network_address.ts';
import { pageEndpoint } from './page_endpoint.ts';
import { type PageForm, readPageForm } from './page_form.ts';
import { pageResponse, textsOf } from './page_response.ts';
import { pageHref, paths } from './paths.ts';
import { seeOther } from './see_other.ts';
import { clientWordsOf, nextLocation, type WaitingRequest, whileWaiting } from './waiting_request.ts';

export const longestLogin = 320;

interface Shown {
  readonly login: string | null;
  readonly error: SignInError | null;
  readonly status: 200 | 403 | 429 | 503;
}

/** Who is signed in, as far as the page names them: to go on as them, or to prove themselves anew. */
interface Known {
  readonly account: SignInPage['account'];
  readonly login: string | null;
}

const nobody: Known = { account: null, login: null };

/** Nobody who would only come back to the page is offered to go on. */
const whoIsKnown = async (
  context: Context,
  { id, interaction, request }: WaitingRequest,
  provider: Provider,
): Promise<Known> => {
  const { user, session } = (await findSignedIn(readSessionCookie(context, provider), provider)) ?? {};
  if (user === undefined || session === undefined) return nobody;
  const { sub, username } = user;
  if (!request.prompt.includes('select_account'))
    return isExpected(request, session) ? { account: null, login: username } : nobody;
  const progress = { session, interaction, sessionIsNew: isNewSince(id, session) };
  if (!isSignedInAsAsked(request, progress, provider.clock.now())) return nobody;
  return { account: { sub, username, name: nameOf(user) }, login: null };
};

const show = async (
  context: Context,
  waiting: WaitingRequest | undefined,
  { login, error, status }: Shown,
  provider: Provider,
): Promise<Response> => {
  const { request, id } = waiting ?? {};
  const known = waiting === undefined ? nobody : await whoIsKnown(context, waiting, provider);
  const markup = signInPage({
    texts: textsOf(context, request?.uiLocales),
    client: request === undefined ? null : clientWordsOf(request),
    login: login ?? request?.loginHint?.slice(0, longestLogin) ?? known.login,
    error,
    account: known.account,
    signUpHref: provider.config.signUp ? pageHref(paths.sign_up, provider, id) : null,
    csrf: csrfTokenOf(ensureBrowserCookie(context, provider)),
    interaction: id ?? null,
    action: pageHref(paths.login, provider),
  });
  return pageResponse(context, markup, { status, leadsAway: waiting !== undefined });
};

export const nameOf = ({ claims, username }: User): string =>
  typeof claims.name === 'string' && claims.name !== '' ? claims.name : username;

/**
 * Starts the session and goes on. RFC 9700 §4.12: 303, so that the password is not sent along.
 *
 * @returns undefined when the end-user may not come in after all, as startSession says.
 */
export const goOnSignedIn = async (
  context: Context,
  user: User,
  who: Pick<SignInManner, 'browser' | 'recorded'>,
  waiting: WaitingRequest | undefined,
  provider: Provider,
): Promise<Response | undefined> => {
  const userAgent = context.req.header('User-Agent');
  const how = { amr: ['pwd'], acr: passwordAcr, userAgent, ...who };
  const cookie = await startSession(user, readSessionCookie(context, provider), how, provider);
  if (cookie === undefined) return undefined;
  writeSessionCookie(context, cookie, provider);
  return seeOther(context, nextLocation(waiting?.id, provider));
};

/** What the page says of a refusal it can show itself; undefined for any other. */
const shownRefusal = (error: unknown, login: string): Shown | undefined => {
  const isBusy = error instanceof OAuthError && error.reason === 'passwords_busy';
  if (isBusy || error instanceof PasswordHasherBusyError) return { login, error: { kind: 'busy' }, status: 503 };
  if (!(error instanceof OAuthError) || error.reason !== 'rate_limited') return undefined;
  return { login, error: { kind: 'rate_limited', seconds: error.retryAfterSeconds }, status: 429 };
};

const attempt = async (
  context: Context,
  { form, browser }: PageForm,
  waiting: WaitingRequest | undefined,
  provider: Provider,
): Promise<Response> => {
  const login = (form.get('login') ?? '').slice(0, longestLogin);
  const address = networkAddress(context, provider.config);
  const clientId = waiting?.request.client.clientId ?? null;
  try {
    const user = await signIn({ login, password: form.get('password') ?? '', address, browser }, provider);
    const who = { browser, recorded: { clientId, address } };
    const signedIn = user && (await goOnSignedIn(context, user, who, waiting, provider));
    if (signedIn === undefined) {
      provider.metrics.signIn('failed');
      const sub = (await namedUser(login, provider.store))?.sub ?? null;
      await recordAudit('sign_in.failed', { sub, clientId, address }, provider);
      return await show(context, waiting, { login, error: { kind: 'credentials_wrong' }, status: 403 }, provider);
    }
    provider.metrics.signIn('succeeded');
    return signedIn;
  } catch (error) {
    const shown = shownRefusal(error, login);
    if (shown === undefined) throw error;
    provider.metrics.signIn(shown.status === 429 ? 'rate_limited' : 'busy');
    if (error instanceof OAuthError) context.header('Retry-After', String(error.retryAfterSeconds));
    else context.header('Retry-After', '5');
    return show(context, waiting, shown, provider);
  }
};

/** Whoever signed in over the one that was shown is asked again. */
const continueAs = async (
  context: Context,
  account: string | undefined,
  waiting: WaitingRequest | undefined,
  provider: Provider,
): Promise<Response> => {
  const { store, clock } = provider;
  const signedIn = await findSignedIn(readSessionCookie(context, provider), provider);
  if (signedIn !== undefined && signedIn.user.sub !== account)
    return seeOther(context, pageHref(paths.login, provider, waiting?.id));
  if (waiting !== undefined && signedIn !== undefined)
    await store.markInteraction(waiting.interaction.idHash, 'accountChosenAt', clock.now());
  return seeOther(context, nextLocation(waiting?.id, provider));
};

export const login: Endpoint = (provider) =>
  pageEndpoint(provider, {
    GET: (context) =>
      whileWaiting(context, context.req.query('interaction'), provider, (waiting) =>
        show(context, waiting, { login: null, error: null, status: 200 }, provider),
      ),
    POST: async (context) => {
      const page = await readPageForm(context, provider);
      return whileWaiting(context, page.form.get('interaction'), provider, (waiting) =>
        page.form.get('choice') === 'continue'
          ? continueAs(context, page.form.get('account'), waiting, provider)
          : attempt(context, page, waiting, provider),
      );
    },
  });
