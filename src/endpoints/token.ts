// token_endpoint: form -> client authentication -> grant proves -> tokens are made -> grant settles. RFC 6749 §3.2.
import type { Parameters } from '../form_urlencoded.ts';
import { proveGrant } from '../grants/grant_type.ts';
import type { Metrics } from '../seams/metrics.ts';
import type { Authorization } from '../tokens/authorization.ts';
import { issueTokens, type TokenResponse } from '../tokens/issue.ts';
import { takeClientAllowance } from './client_limit.ts';
import { preflight, proveClient } from './cross_origin.ts';
import type { Endpoint } from './endpoint.ts';
import { readFormBody } from './form_body.ts';
import { plainJson } from './plain_json.ts';

/** Once they are settled. grant_type is one of the table's: it was proved. */
const countTokens = (
  { resource, client }: Authorization,
  response: TokenResponse,
  parameters: Parameters,
  metrics: Metrics,
): void => {
  const grantType = parameters.get('grant_type') ?? '';
  metrics.accessTokenIssued(resource.accessTokenSigningAlg, grantType);
  if (response.id_token !== undefined) metrics.idTokenIssued(client.idTokenSignedResponseAlg, grantType);
};

export const token: Endpoint = (provider) => ({
  POST: async (context) => {
    const parameters = await readFormBody(context);
    const { client, crossOrigin } = await proveClient(context, parameters, provider);
    // By a clock that is wrong a token is over too early, and a repeat within its window is a theft: nothing is judged by one.
    provider.keyRing.assertFit();
    const proof = await proveGrant(parameters, client, provider);
    await takeClientAllowance(context, client, parameters.get('grant_type'), provider);
    const response = await proof.settle(await issueTokens(proof.authorization, provider));
    countTokens(proof.authorization, response, parameters, provider.metrics);
    return plainJson(response, { 'Cache-Control': 'no-store', Pragma: 'no-cache', ...crossOrigin });
  },
  OPTIONS: preflight('POST, OPTIONS'),
});
