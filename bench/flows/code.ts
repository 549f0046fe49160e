// The code flow of a browser that is signed in: an authorization request, a redirect, the code exchanged. RFC 6749 §4.1.
import { createHash } from 'node:crypto';
import { formTarget, tokenRequest } from '../contender.ts';
import { type CodeFlow, type Send, type TokenAnswer, tokensOf } from './flow.ts';

export const codeFlowName = 'code flow';

/** The relying party, the same with every contender. PKCE's verifier may stay the same here. */
export const relyingParty = {
  clientId: 'bench-relying-party',
  redirectUri: 'https://rp.bench.example/callback',
  scope: ['openid', ...tokenRequest.scope],
  resource: tokenRequest.resourceOf('ES256'),
  codeVerifier: 'a verifier of the least length, forty three'.replaceAll(/[ ,]/g, '-'),
} as const;

export const authorizationUrlOf = (authorizationEndpoint: string): string => {
  const { clientId, redirectUri, scope, resource, codeVerifier } = relyingParty;
  const query = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: scope.join(' '),
    resource,
    state: 'state-of-the-bench',
    nonce: 'nonce-of-the-bench',
    code_challenge_method: 'S256',
    code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
  });
  return `${authorizationEndpoint}?${query}`;
};

export const runCodeFlow = async (flow: CodeFlow, send: Send): Promise<TokenAnswer> => {
  const { authorizationUrl, cookie, tokenEndpoint, authorization } = flow;
  const { status, location, body } = await send({ url: authorizationUrl, method: 'GET', headers: { Cookie: cookie } });
  const code = location === undefined ? null : new URL(location, authorizationUrl).searchParams.get('code');
  if (code === null) throw new Error(`The authorization endpoint answered ${status} ${location ?? body}, not a code.`);
  const { redirectUri, codeVerifier, resource } = relyingParty;
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: codeVerifier };
  return tokensOf(await send(formTarget(tokenEndpoint, authorization, { ...form, resource })));
};
