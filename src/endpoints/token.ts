// token_endpoint: form -> client authentication -> grant -> tokens. RFC 6749 §3.2.
import { authenticateClient } from '../client_authentication/token_endpoint_auth_method.ts';
import { authorize } from '../grants/grant_type.ts';
import { issueTokens } from '../tokens/issue.ts';
import type { Endpoint } from './endpoint.ts';
import { readFormBody } from './form_body.ts';

const noStore = { 'Cache-Control': 'no-store', Pragma: 'no-cache' };

export const token: Endpoint = (provider) => ({
  POST: async (context) => {
    const parameters = await readFormBody(context);
    const authorization = context.req.header('Authorization');
    const client = await authenticateClient({ authorization, parameters }, provider);
    const authorized = await authorize(parameters, client, provider);
    return context.json(await issueTokens(authorized, provider), 200, noStore);
  },
});
