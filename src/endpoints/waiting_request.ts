// The authorization request a page is part of, checked anew; undefined when the end-user came by themselves. What it is
// refused for since it began to wait, its client is told by the authorization endpoint.
import type { Context } from 'hono';
import type { AuthorizationRequest } from '../authorization_request/authorization_request.ts';
import { checkAuthorizationRequest } from '../authorization_request/checks.ts';
import { restoredParameters } from '../authorization_request/parameters.ts';
import { responseTarget } from '../authorization_request/response_target.ts';
import { OAuthError } from '../errors.ts';
import { readBrowserCookie } from '../login/cookies.ts';
import { applicationIn, resumeInteraction } from '../login/interaction.ts';
import { type ClientWords, shownHostOf } from '../login/pages/client_words.ts';
import type { WayBack } from '../login/pages/error.ts';
import type { Provider } from '../provider.ts';
import type { Client } from '../seams/client_store.ts';
import type { Interaction } from '../seams/session_store.ts';
import { StoreUnavailableError } from '../seams/store.ts';
import type { AppEnvironment } from './endpoint.ts';
import { pageHref, paths } from './paths.ts';
import { seeOther } from './see_other.ts';

export interface WaitingRequest {
  readonly id: string;
  readonly interaction: Interaction;
  readonly request: AuthorizationRequest;
}

export const clientWordsOf = ({ client, redirectUri }: AuthorizationRequest): ClientWords => ({
  name: client.clientName,
  host: shownHostOf(redirectUri),
});

/** What went wrong is told in any case, and this is only beside it. */
const findClientWherePossible = async (
  clientId: string,
  store: Pick<Provider['store'], 'findClient'>,
): Promise<Client | undefined> => {
  try {
    return await store.findClient(clientId);
  } catch (error) {
    if (error instanceof StoreUnavailableError) return undefined;
    throw error;
  }
};

/** @returns undefined where the interaction that was asked for names no application of ours on the web. */
export const wayBackOf = async (
  context: Context<AppEnvironment>,
  { store }: Provider,
): Promise<WayBack | undefined> => {
  const id = context.get('pageForm')?.get('interaction') ?? context.req.query('interaction');
  const { clientId, redirectUri } = (id && applicationIn(id)) || {};
  if (clientId === undefined || redirectUri === undefined) return undefined;
  const client = await findClientWherePossible(clientId, store);
  if (client?.redirectUris.includes(redirectUri) !== true || !/^https?:/.test(redirectUri)) return undefined;
  const { origin } = new URL(redirectUri);
  return { client: { name: client.clientName, host: shownHostOf(redirectUri) }, href: origin };
};

/** Where a page goes when its work is done: back to the authorization endpoint, or to the account page. */
export const nextLocation = (id: string | undefined, provider: Provider): string =>
  pageHref(id === undefined ? paths.account : paths.authorization, provider, id);

/** Hands over the request as it stands now; one that stands no more goes back to the authorization endpoint. */
export const whileWaiting = async (
  context: Context,
  id: string | undefined,
  provider: Provider,
  handler: (waiting: WaitingRequest | undefined) => Promise<Response>,
): Promise<Response> => {
  if (id === undefined) return handler(undefined);
  const interaction = await resumeInteraction(id, readBrowserCookie(context, provider), provider);
  const parameters = restoredParameters(interaction.parameters);
  const target = await responseTarget(parameters, provider);
  let request: AuthorizationRequest;
  try {
    request = await checkAuthorizationRequest(parameters, target, provider);
  } catch (error) {
    if (!(error instanceof OAuthError) || error.failure.status !== 400) throw error;
    return seeOther(context, nextLocation(id, provider));
  }
  return handler({ id, interaction, request });
};
