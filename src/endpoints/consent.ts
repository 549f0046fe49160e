// /consent: the end-user allows a client what it asks for, or does not. OpenID Connect Core 1.0 §3.1.2.4.
import type { Context } from 'hono';
import { OAuthError } from '../errors.ts';
import { consentBinding, requestedClaimsOf, saveConsent } from '../login/consent.ts';
import { ensureBrowserCookie, readSessionCookie } from '../login/cookies.ts';
import { csrfTokenOf, isSameText } from '../login/forgery.ts';
import { endInteraction } from '../login/interaction.ts';
import { consentPage } from '../login/pages/consent.ts';
import { findSignedIn, type SignedIn } from '../login/session.ts';
import type { Provider } from '../provider.ts';
import { recordAudit } from '../tokens/audit.ts';
import { authorizationErrorResponse } from './authorization_response.ts';
import type { Endpoint } from './endpoint.ts';
import { nameOf } from './login.ts';
import { pageEndpoint } from './page_endpoint.ts';
import { type PageForm, readPageForm } from './page_form.ts';
import { pageResponse, textsOf } from './page_response.ts';
import { pageHref, paths } from './paths.ts';
import { seeOther } from './see_other.ts';
import { clientWordsOf, nextLocation, type WaitingRequest, whileWaiting } from './waiting_request.ts';

interface Asked {
  readonly waiting: WaitingRequest;
  readonly signedIn: SignedIn;
}

/** Hands over the request and who is signed in; has them sign in first where nobody is. */
const whileAsked = (
  context: Context,
  id: string | undefined,
  provider: Provider,
  handler: (asked: Asked) => Promise<Response>,
): Promise<Response> =>
  whileWaiting(context, id, provider, async (waiting) => {
    if (waiting === undefined) throw new OAuthError('interaction_unknown');
    const signedIn = await findSignedIn(readSessionCookie(context, provider), provider);
    return signedIn === undefined ? seeOther(context, nextLocation(id, provider)) : handler({ waiting, signedIn });
  });

const show = (context: Context, { waiting, signedIn }: Asked, provider: Provider): Promise<Response> => {
  const { request, id } = waiting;
  const browser = ensureBrowserCookie(context, provider);
  const markup = consentPage({
    texts: textsOf(context, request.uiLocales),
    client: { ...clientWordsOf(request), clientId: request.client.clientId },
    userName: nameOf(signedIn.user),
    access: { scope: request.scope, claims: requestedClaimsOf(request), resources: [request.resource] },
    boundTo: consentBinding(request, signedIn.session, browser),
    otherAccountHref: pageHref(paths.login, provider, id),
    csrf: csrfTokenOf(browser),
    interaction: id,
    action: pageHref(paths.consent, provider),
  });
  return pageResponse(context, markup, { leadsAway: true });
};

const decide = async (
  context: Context,
  { form, browser }: PageForm,
  { waiting, signedIn }: Asked,
  provider: Provider,
): Promise<Response> => {
  const { request, interaction, id } = waiting;
  // Shown for another request or session, as before somebody else signed in: they are asked anew.
  if (!isSameText(form.get('bound_to') ?? '', consentBinding(request, signedIn.session, browser)))
    return seeOther(context, pageHref(paths.consent, provider, id));
  if (form.get('decision') !== 'allow') {
    await endInteraction(interaction, provider);
    const who = { sub: signedIn.user.sub, sid: signedIn.session.sid, clientId: request.client.clientId };
    await recordAudit('consent.denied', who, provider);
    return authorizationErrorResponse(context, request, new OAuthError('consent_denied'), provider);
  }
  await saveConsent(request, signedIn.session, provider);
  await provider.store.markInteraction(interaction.idHash, 'consentedAt', provider.clock.now());
  return seeOther(context, nextLocation(id, provider));
};

export const consent: Endpoint = (provider) =>
  pageEndpoint(provider, {
    GET: (context) =>
      whileAsked(context, context.req.query('interaction'), provider, (asked) => show(context, asked, provider)),
    POST: async (context) => {
      const page = await readPageForm(context, provider);
      return whileAsked(context, page.form.get('interaction'), provider, (asked) =>
        decide(context, page, asked, provider),
      );
    },
  });
