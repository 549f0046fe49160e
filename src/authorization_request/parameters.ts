// The parameters of an authorization request, from the query or the body. RFC 6749 §3.1: each at most once.
import type { Parameters } from '../form_urlencoded.ts';

/** Their names, as registered; anything else is ignored (RFC 6749 §3.1). */
export const parameterNames = [
  ...['client_id', 'redirect_uri', 'response_type', 'response_mode', 'scope', 'state', 'resource', 'nonce'],
  ...['code_challenge', 'code_challenge_method', 'prompt', 'max_age', 'login_hint', 'id_token_hint', 'ui_locales'],
  ...['acr_values', 'claims', 'display', 'request', 'request_uri', 'registration'],
] as const;

/** The languages the end-user likes, the liked ones first. OpenID Connect Core 1.0 §3.1.2.1. */
export const uiLocalesOf = (parameters: Pick<Parameters, 'get'>): readonly string[] =>
  parameters.get('ui_locales')?.split(' ') ?? [];

/** What an Interaction keeps: the known parameters, as received. */
export const keptParameters = (parameters: Parameters): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    parameterNames.map((name) => [name, parameters.all(name)] as const).filter(([, values]) => values.length > 0),
  );

/** The inverse of keptParameters. */
export const restoredParameters = (kept: Readonly<Record<string, readonly string[]>>): Parameters => ({
  get: (name) => kept[name]?.[0],
  all: (name) => kept[name] ?? [],
});
