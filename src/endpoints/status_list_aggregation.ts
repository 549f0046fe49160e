// status_list_aggregation_endpoint: every status list there is, so that a verifier has them before it meets a token of
// theirs. Token Status List §9.
import { statusListUri } from '../tokens/status_list_token.ts';
import type { Endpoint } from './endpoint.ts';
import { answerDocument, publicOptions } from './public_document.ts';

const viewSeconds = 1;
const maxAgeSeconds = 5;

export const statusListAggregation: Endpoint = ({ revocations, config, clock }) => ({
  GET: async (context) => {
    await revocations.freshen(viewSeconds);
    const now = clock.now();
    const living = revocations.lists().filter(({ expiresAt }) => now < expiresAt + config.policy.leewaySeconds);
    const body = JSON.stringify({ status_lists: living.map(({ listId }) => statusListUri(config.issuer, listId)) });
    return answerDocument(context, body, 'application/json', maxAgeSeconds);
  },
  OPTIONS: publicOptions,
});
