// A Worker that verifies tokens of an issuer on the same account through a Service Binding: no request leaves Cloudflare.
// wrangler.toml: [[services]] binding = "ISSUER", service = "keyturn"
import { createVerifier } from 'keyturn/verifier';
import { requireToken } from 'keyturn/verifier/fetch';

interface Env {
  readonly ISSUER: { fetch: typeof fetch };
  readonly KEYTURN_ISSUER: string;
  readonly AUDIENCE: string;
}

type Handler = (request: Request, env: Env) => Promise<Response> | Response;

let handler: Handler | undefined;

const handlerOf = ({ ISSUER, KEYTURN_ISSUER, AUDIENCE }: Env): Handler => {
  const fetch: typeof globalThis.fetch = (input, init) => ISSUER.fetch(input, init);
  const verifier = createVerifier({ issuer: KEYTURN_ISSUER, audience: AUDIENCE, fetch });
  return requireToken(verifier)((_request, { claims }) => Response.json({ hello: claims.sub }));
};

export default {
  fetch: (request: Request, env: Env) => {
    handler ??= handlerOf(env);
    return handler(request, env);
  },
};
