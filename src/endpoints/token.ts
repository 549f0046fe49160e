// token_endpoint: form -> client authentication -> grant proves -> tokens are made -> grant settles. RFC 6749 §3.2.
import { authenticateClient } from '../client_authentication/token_endpoint_auth_method.ts';
import { proveGrant } from '../grants/grant_type.ts';
import { issueTokens } from '../tokens/issue.ts';
import { takeClientAllowance } from './client_limit.ts';
import { allowClientOrigin, preflight } from './cross_origin.ts';
import type { Endpoint } from './endpoint.ts';
import { readFormBody } from './form_body.ts';
import { plainJson } from './plain_json.ts';

export const token: Endpoint = (provider) => ({
  POST: async (context) => {
    const parameters = await readFormBody(context);
    const authorization = context.req.header('Authorization');
    const client = await authenticateClient({ authorization, parameters }, provider);
    const crossOrigin = allowClientOrigin(context, client);
    const proof = await proveGrant(parameters, client, provider);
    await takeClientAllowance(context, client, parameters.get('grant_type'), provider);
    const response = await proof.settle(await issueTokens(proof.authorization, provider));
    return plainJson(response, { 'Cache-Control': 'no-store', Pragma: 'no-cache', ...crossOrigin });
  },
  OPTIONS: preflight('POST, OPTIONS'),
});
