// /admin/store: the verbs of the store for an operator's own machine, where KEYTURN_ADMIN_TOKEN is set. Each call is one
// verb with its arguments as JSON; private keys pass wrapped, as they are kept. Ours; docs/deploying-on-workers.md describes it.
import { z } from 'zod';
import { OAuthError } from '../errors.ts';
import type { Provider } from '../provider.ts';
import { administeredCalls, faultIn } from '../seams/administered_calls.ts';
import { administrationProtocol, isAdministeredVerb, isReading } from '../seams/administered_store.ts';
import { recordAudit } from '../tokens/audit.ts';
import { readBodyText } from './body_text.ts';
import type { Endpoint, Handler } from './endpoint.ts';
import { networkAddress } from './network_address.ts';
import { hasOperatorToken } from './operator_token.ts';

const noStore = { 'Cache-Control': 'no-store' };
/** Nobody guesses 32 bytes; this is for the log of who is tried at. */
const failures = { burst: 10, emissionSeconds: 6 };

const call = z.object({
  protocol: z.literal(administrationProtocol),
  verb: z.string(),
  arguments: z.array(z.unknown()),
});

const parseCall = (text: string): z.infer<typeof call> | undefined => {
  try {
    return call.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
};

/** @throws {OAuthError} admin_token_refused, rate_limited. */
const authenticated =
  ({ config, localRateLimiter }: Provider, expected: string, handler: Handler): Handler =>
  async (context) => {
    if (hasOperatorToken(context.req.header('Authorization'), expected)) return handler(context);
    const wait = await localRateLimiter.take([`admin ${networkAddress(context, config)}`, failures]);
    if (wait > 0) throw new OAuthError('rate_limited', { retryAfterSeconds: wait });
    throw new OAuthError('admin_token_refused');
  };

export const adminStore: Endpoint = (provider) => {
  const { store, clock, config } = provider;
  const { adminToken } = config;
  if (adminToken === undefined) throw new TypeError('the administration from afar is closed');
  const tell: Handler = (context) =>
    context.json({ protocol: administrationProtocol, settings: config.shared }, 200, noStore);

  const carryOut: Handler = async (context) => {
    const asked = parseCall(await readBodyText(context));
    if (asked === undefined || !isAdministeredVerb(asked.verb)) throw new OAuthError('admin_call_unknown');
    const { verb } = asked;
    const fault = faultIn(administeredCalls[verb].takes, asked.arguments, 'arguments', 2);
    if (fault !== undefined) throw new OAuthError('admin_call_unknown', { detail: `Of ${verb}, ${fault}.` });
    if (!isReading(verb) && verb !== 'appendAudit')
      await recordAudit(
        'admin.called',
        { address: networkAddress(context, config), details: { verb } },
        { store, clock },
      );
    const perform = store[verb].bind(store) as (...values: readonly unknown[]) => Promise<unknown>;
    return context.json({ answer: await perform(...asked.arguments) }, 200, noStore);
  };

  return {
    GET: authenticated(provider, adminToken, tell),
    POST: authenticated(provider, adminToken, carryOut),
    HEAD: 'refused',
  };
};
