// The checks of an authorization request, in their order. Those before the redirect URI is proved (response_target.ts)
// answer on our own page; these go back to the client. RFC 6749 §4.1.1, OpenID Connect Core 1.0 §3.1.2.2.
import { OAuthError } from '../errors.ts';
import type { Parameters } from '../form_urlencoded.ts';
import type { Provider } from '../provider.ts';
import { issuerResource, requestedResource } from '../tokens/requested_resource.ts';
import { requestedUserScope } from '../tokens/requested_scope.ts';
import type { AuthorizationRequest } from './authorization_request.ts';
import { checkClaims } from './claims.ts';
import { checkCodeChallenge } from './code_challenge.ts';
import { checkIdTokenHint } from './id_token_hint.ts';
import { parameterNames } from './parameters.ts';
import { checkMaxAge, checkPrompt } from './prompt.ts';
import { checkRequestObject } from './request_object.ts';
import type { ResponseTarget } from './response_target.ts';
import { checkResponseType } from './response_type.ts';

const mostParameterLength = 4096;

/** Each as RFC 6749 appendix A has it, but for text beyond ASCII. Postgres has no text with U+0000 in it. */
const checkTexts = (parameters: Parameters): void => {
  const texts = parameterNames.map((name) => parameters.get(name) ?? '');
  if (texts.some(({ length }) => length > mostParameterLength)) throw new OAuthError('parameter_too_long');
  if (texts.some((text) => text.includes('\0'))) throw new OAuthError('parameter_malformed');
};

const resourceOf = (parameters: Parameters, target: ResponseTarget, provider: Provider) => {
  const none = parameters.get('resource') === undefined && target.client.resources.length === 0;
  return none ? issuerResource(provider) : requestedResource(parameters, target.client, provider);
};

/** @throws {OAuthError} for the client: what each check names. */
export const checkAuthorizationRequest = async (
  parameters: Parameters,
  target: ResponseTarget,
  provider: Provider,
): Promise<AuthorizationRequest> => {
  const { client } = target;
  checkTexts(parameters);
  checkRequestObject(parameters);
  checkResponseType(parameters, client);
  const codeChallenge = checkCodeChallenge(parameters, client);
  const resource = await resourceOf(parameters, target, provider);
  const scope = requestedUserScope(parameters, client, resource);
  const prompt = checkPrompt(parameters, provider.config);
  const maxAgeSeconds = checkMaxAge(parameters);
  const claims = checkClaims(parameters, client);
  const hintedSub = await checkIdTokenHint(parameters, prompt, client, provider);
  return {
    ...target,
    scope,
    resource: resource.resource,
    codeChallenge,
    nonce: parameters.get('nonce') ?? null,
    prompt,
    maxAgeSeconds,
    loginHint: parameters.get('login_hint'),
    claims,
    hintedSub,
  };
};
