// authorization_endpoint: checks the request, takes the next step, and in the end answers with a code. RFC 6749 §3.1,
// OpenID Connect Core 1.0 §3.1.2. The pages it sends to all come back here.
import type { Context } from 'hono';
import type { AuthorizationRequest } from '../authorization_request/authorization_request.ts';
import { checkAuthorizationRequest } from '../authorization_request/checks.ts';
import { keptParameters, restoredParameters } from '../authorization_request/parameters.ts';
import { type ResponseTarget, responseTarget } from '../authorization_request/response_target.ts';
import { OAuthError } from '../errors.ts';
import type { Parameters } from '../form_urlencoded.ts';
import { ensureBrowserCookie, readBrowserCookie, readSessionCookie } from '../login/cookies.ts';
import { beginInteraction, endInteraction, isNewSince, resumeInteraction } from '../login/interaction.ts';
import { issueCode } from '../login/issue_code.ts';
import { nextStep, type Step } from '../login/next_step.ts';
import { findSignedIn } from '../login/session.ts';
import { takeAllowances } from '../login/take_allowances.ts';
import type { Provider } from '../provider.ts';
import type { Allowance } from '../seams/rate_limiter.ts';
import type { Interaction, Session } from '../seams/session_store.ts';
import { StoreUnavailableError } from '../seams/store.ts';
import { authorizationErrorResponse, authorizationResponse } from './authorization_response.ts';
import { isCrossSitePost, repeatByGet } from './cross_site_post.ts';
import type { Endpoint } from './endpoint.ts';
import { readFormBody, readQuery } from './form_body.ts';
import { networkAddress } from './network_address.ts';
import { pageEndpoint } from './page_endpoint.ts';
import { pageHref, paths } from './paths.ts';
import { seeOther } from './see_other.ts';

/** Of those that one address has begun and not finished. */
const allowanceOf = (context: Context, { config }: Provider): Allowance => [
  `authorization:${networkAddress(context, config)}`,
  { burst: 120, emissionSeconds: 1 },
];

/** The code is made by then, so that it does not matter to whoever waits for it whether this can be written. */
const giveAllowanceBack = async (context: Context, provider: Provider): Promise<void> => {
  try {
    await provider.rateLimiter.giveBack(allowanceOf(context, provider));
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
  }
};

const pageOf: Readonly<Record<Exclude<Step, 'issue'>, string>> = {
  login: paths.login,
  sign_up: paths.sign_up,
  select_account: paths.login,
  consent: paths.consent,
};

interface Arrived {
  readonly parameters: Parameters;
  /** Where the request has been waiting, when a page sent it back here. */
  readonly interaction: { readonly id: string; readonly kept: Interaction } | undefined;
}

const arrive = async (context: Context, provider: Provider): Promise<Arrived> => {
  const parameters = context.req.method === 'POST' ? await readFormBody(context) : readQuery(context);
  const id = parameters.get('interaction');
  if (id === undefined) return { parameters, interaction: undefined };
  const kept = await resumeInteraction(id, readBrowserCookie(context, provider), provider);
  return { parameters: restoredParameters(kept.parameters), interaction: { id, kept } };
};

const sendToPage = async (
  context: Context,
  step: Exclude<Step, 'issue'>,
  { parameters, interaction, session }: Arrived & { readonly session: Session | undefined },
  provider: Provider,
): Promise<Response> => {
  let id = interaction?.id;
  if (id === undefined) {
    await takeAllowances('authorization', [allowanceOf(context, provider)], provider);
    id = await beginInteraction(keptParameters(parameters), ensureBrowserCookie(context, provider), session, provider);
  }
  return seeOther(context, pageHref(pageOf[step], provider, id));
};

const proceed = async (
  context: Context,
  request: AuthorizationRequest,
  arrived: Arrived,
  provider: Provider,
): Promise<Response> => {
  const { store, clock } = provider;
  const signedIn = await findSignedIn(readSessionCookie(context, provider), provider);
  const consent = signedIn && (await store.findConsent(signedIn.user.sub, request.client.clientId));
  const { interaction } = arrived;
  const session = signedIn?.session;
  const sessionIsNew = interaction !== undefined && isNewSince(interaction.id, session);
  const progress = { session, consent, interaction: interaction?.kept, sessionIsNew };
  const step = nextStep(request, progress, clock.now());
  if (step === 'login_required' || step === 'consent_required') throw new OAuthError(step);
  if (step !== 'issue' || signedIn === undefined)
    return sendToPage(context, step === 'issue' ? 'login' : step, { ...arrived, session }, provider);
  const code = await issueCode(request, signedIn.session, interaction?.kept, provider);
  if (interaction !== undefined) await giveAllowanceBack(context, provider);
  return authorizationResponse(context, request, { code }, provider);
};

/** Trouble of our own, and a request that was answered before, which its client was told then. */
const staysHere = ({ reason, failure }: OAuthError): boolean =>
  failure.status !== 400 || reason === 'interaction_unknown';

/** Once the redirect URI is proved, what is refused is told to the client. */
const answerClient = async (
  context: Context,
  target: ResponseTarget,
  arrived: Arrived,
  provider: Provider,
): Promise<Response> => {
  try {
    const request = await checkAuthorizationRequest(arrived.parameters, target, provider);
    return await proceed(context, request, arrived, provider);
  } catch (error) {
    if (!(error instanceof OAuthError) || staysHere(error)) throw error;
    if (arrived.interaction !== undefined) await endInteraction(arrived.interaction.kept, provider);
    return authorizationErrorResponse(context, target, error, provider);
  }
};

const authorize = async (context: Context, provider: Provider): Promise<Response> => {
  if (isCrossSitePost(context, provider.config))
    return repeatByGet(context, keptParameters(await readFormBody(context)));
  const arrived = await arrive(context, provider);
  const target = await responseTarget(arrived.parameters, provider);
  return answerClient(context, target, arrived, provider);
};

export const authorization: Endpoint = (provider) => ({
  ...pageEndpoint(provider, {
    GET: (context) => authorize(context, provider),
    POST: (context) => authorize(context, provider),
  }),
  HEAD: 'refused',
});
