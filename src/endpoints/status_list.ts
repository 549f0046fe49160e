// A Status List Token, from memory: what verifiers fetch instead of asking about one token. Token Status List §8.
import { createStatusListTokens } from '../tokens/status_list_token.ts';
import type { Endpoint } from './endpoint.ts';
import { paths } from './paths.ts';
import { answerDocument, publicOptions } from './public_document.ts';

/** What the view is worth asking the database again for, where no timer does. */
const viewSeconds = 1;
const noStore = { 'Cache-Control': 'no-store', 'Access-Control-Allow-Origin': '*' };

const past = {
  error: 'not_implemented',
  error_description: 'Lists of another time are not kept. Ask without the parameter time for the list of now.',
};

export const statusList: Endpoint = (provider) => {
  const { revocations, clock, config } = provider;
  const error_description = `There is no such status list: it never was, or every token in it has expired. ${config.issuer}${paths.status_list_aggregation} names those there are.`;
  const unknown = { error: 'not_found', error_description };
  const tokens = createStatusListTokens(provider);
  return {
    GET: async (context) => {
      // Token Status List §8.4: no history is kept, and a list of today must not pass for one of then.
      if (context.req.query('time') !== undefined) return context.json(past, 501, noStore);
      const listId = context.req.param('list_id') ?? '';
      await revocations.freshen(revocations.list(listId) === undefined ? 0 : viewSeconds);
      const signed = await tokens.signedListOf(listId);
      if (signed === undefined) return context.json(unknown, 404, noStore);
      // A shared cache must not make it older than its ttl.
      const age = clock.now() - signed.asOf;
      const maxAgeSeconds = Math.min(config.statusListTtlSeconds, Math.max(1, config.statusListTtlSeconds - age));
      return answerDocument(context, signed.token, 'application/statuslist+jwt', maxAgeSeconds);
    },
    OPTIONS: publicOptions,
  };
};
