// One Worker that is the issuer and an API of its own. A Worker cannot fetch its own hostname, so the verifier is handed
// the issuer's handler instead of the network.
import { createVerifier } from 'keyturn/verifier';
import { requireToken } from 'keyturn/verifier/fetch';
import issuer from '../../src/worker.ts';

const apiPath = '/api/';

const api = (request, env, context) => {
  const fetch = async (input, init) => issuer.fetch(new Request(input, init), env, context);
  const verifier = createVerifier({ issuer: env.KEYTURN_ISSUER, audience: env.AUDIENCE, fetch });
  return requireToken(verifier)((_request, { claims }) => Response.json({ hello: claims.sub }))(request);
};

export default {
  fetch: (request, env, context) =>
    new URL(request.url).pathname.startsWith(apiPath)
      ? api(request, env, context)
      : issuer.fetch(request, env, context),
  scheduled: issuer.scheduled,
};
