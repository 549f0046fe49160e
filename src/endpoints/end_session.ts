// end_session_endpoint: signs the browser out, at once when the client proves whom it means, else after asking.
// OpenID Connect RP-Initiated Logout 1.0 §2.
import type { Context } from 'hono';
import { OAuthError } from '../errors.ts';
import type { Parameters } from '../form_urlencoded.ts';
import { clearSessionCookie, ensureBrowserCookie, readSessionCookie } from '../login/cookies.ts';
import { endSession as endWithFamilies } from '../login/end_session.ts';
import { csrfTokenOf } from '../login/forgery.ts';
import { checkLogoutRequest, type LogoutRequest, logoutParameterNames } from '../login/logout_request.ts';
import { shownHostOf } from '../login/pages/client_words.ts';
import { logoutConfirmationPage } from '../login/pages/logout_confirmation.ts';
import { signedOutPage } from '../login/pages/signed_out.ts';
import { findUnendedSession, isOpen, type SignedIn } from '../login/session.ts';
import type { Provider } from '../provider.ts';
import type { Session } from '../seams/session_store.ts';
import { isCrossSitePost, repeatByGet } from './cross_site_post.ts';
import type { Endpoint } from './endpoint.ts';
import { hasFormBody, readFormBody, readQuery } from './form_body.ts';
import { nameOf } from './login.ts';
import { pageEndpoint } from './page_endpoint.ts';
import { readPageForm } from './page_form.ts';
import { pageResponse, textsOf } from './page_response.ts';
import { pageHref, paths } from './paths.ts';
import { seeOther } from './see_other.ts';

const finish = (
  context: Context,
  { redirectTo, uiLocales }: LogoutRequest,
  provider: Provider,
): Response | Promise<Response> => {
  if (redirectTo !== undefined) return seeOther(context, redirectTo);
  const signInHref = pageHref(paths.login, provider);
  return pageResponse(context, signedOutPage({ texts: textsOf(context, uiLocales), signInHref }));
};

/** A link that anybody could make sends nobody on: without a hint the end-user has to confirm it. RP-Initiated Logout 1.0 §3. */
const stayHere = (request: LogoutRequest): LogoutRequest => ({ ...request, redirectTo: undefined });

const signOut = async (
  context: Context,
  session: Session,
  request: LogoutRequest,
  provider: Provider,
): Promise<Response> => {
  await endWithFamilies(session, provider, request.client?.clientId);
  clearSessionCookie(context, provider);
  return finish(context, request, provider);
};

const confirm = (
  context: Context,
  parameters: Parameters,
  { user, session }: SignedIn,
  { client, hinted, redirectTo, uiLocales }: LogoutRequest,
  provider: Provider,
): Promise<Response> => {
  const redirectUri = client?.redirectUris[0];
  const proved = hinted !== undefined && client !== undefined && redirectUri !== undefined;
  const kept = logoutParameterNames.flatMap((name) => {
    const value = parameters.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const markup = logoutConfirmationPage({
    texts: textsOf(context, uiLocales),
    client: proved ? { name: client.clientName, host: shownHostOf(redirectUri) } : null,
    user: { sub: user.sub, name: isOpen(session, provider) ? nameOf(user) : null },
    parameters: Object.fromEntries(kept),
    csrf: csrfTokenOf(ensureBrowserCookie(context, provider)),
    action: pageHref(paths.end_session, provider),
    stayHref: pageHref(paths.account, provider),
  });
  return pageResponse(context, markup, { leadsAway: redirectTo !== undefined });
};

/** Also of a browser that stayed away too long. It is not signed in by this, and its silence goes on. */
const findUnended = async (context: Context, provider: Provider): Promise<SignedIn | undefined> => {
  const session = await findUnendedSession(readSessionCookie(context, provider), provider);
  const user = session && (await provider.store.findUser(session.sub));
  return session && user && { session, user };
};

/** Whether the hint proves that the client means this very session, so that nothing needs asking. */
const means = ({ hinted }: LogoutRequest, session: Session): boolean =>
  hinted !== undefined && hinted.sub === session.sub && hinted.sid === session.sid;

const logOut = async (context: Context, parameters: Parameters, provider: Provider): Promise<Response> => {
  const request = await checkLogoutRequest(parameters, provider);
  const unended = await findUnended(context, provider);
  if (unended === undefined) return finish(context, request.hinted ? request : stayHere(request), provider);
  if (means(request, unended.session)) return signOut(context, unended.session, request, provider);
  return confirm(context, parameters, unended, request, provider);
};

/** The confirmation page and the account page post here with their token, and whose page it is; a client posts without. */
const post = async (context: Context, provider: Provider): Promise<Response> => {
  if (!hasFormBody(context)) throw new OAuthError('request_forged');
  const form = await readFormBody(context);
  if (form.get('csrf') === undefined && isCrossSitePost(context, provider.config))
    return repeatByGet(context, Object.fromEntries(logoutParameterNames.map((name) => [name, form.all(name)])));
  if (form.get('csrf') === undefined) return logOut(context, form, provider);
  await readPageForm(context, provider);
  const request = await checkLogoutRequest(form, provider);
  const unended = await findUnended(context, provider);
  if (unended === undefined) return finish(context, request, provider);
  if (form.get('account') !== unended.user.sub) return confirm(context, form, unended, request, provider);
  return signOut(context, unended.session, request, provider);
};

export const endSession: Endpoint = (provider) => ({
  ...pageEndpoint(provider, {
    GET: (context) => logOut(context, readQuery(context), provider),
    POST: (context) => post(context, provider),
  }),
  HEAD: 'refused',
});
