// /metrics on the port that everybody reaches: for whoever has the bearer token, and only where one is configured (T133).
import type { Endpoint } from './endpoint.ts';
import { hasOperatorToken } from './operator_token.ts';

const refused = {
  error: 'invalid_token',
  error_description:
    'Metrics are for whoever sends the token of KEYTURN_METRICS_TOKEN after Bearer in the Authorization header.',
};
const uncounted = { error: 'not_found', error_description: 'Nothing is counted here: Workers have no metrics.' };
const challenge = { 'Cache-Control': 'no-store', 'WWW-Authenticate': 'Bearer realm="metrics"' };

export const metrics: Endpoint = ({ config, metrics: counted }) => ({
  GET: async (context) => {
    if (
      config.metricsToken === undefined ||
      !hasOperatorToken(context.req.header('Authorization'), config.metricsToken)
    )
      return context.json(refused, 401, challenge);
    const page = await counted.page();
    if (page === undefined) return context.json(uncounted, 404, { 'Cache-Control': 'no-store' });
    return context.body(page.body, 200, { 'Content-Type': page.contentType, 'Cache-Control': 'no-store' });
  },
});
