// /health/live: the process answers. /health/ready: it also signs, on a store that has all its tables, or says why not.
// Neither shows a version or a secret.
import { StoreUnavailableError } from '../seams/store.ts';
import type { StoreSchema } from '../seams/store_schema.ts';
import type { Endpoint } from './endpoint.ts';

const noStore = { 'Cache-Control': 'no-store' };

export const live: Endpoint = () => ({ GET: (context) => context.json({ status: 'live' }, 200, noStore) });

const lackOf = async (schema: StoreSchema | undefined): Promise<string | undefined> => {
  try {
    return await schema?.lack();
  } catch (error) {
    if (error instanceof StoreUnavailableError) return 'the database did not say whether it has all its tables';
    throw error;
  }
};

export const ready: Endpoint = ({ keyRing, storeFence, storeSchema }) => ({
  GET: async (context) => {
    const reason = storeFence?.reason() ?? keyRing.notSigning() ?? (await lackOf(storeSchema));
    if (reason === undefined) return context.json({ status: 'ready' }, 200, noStore);
    return context.json({ status: 'not ready', reason }, 503, noStore);
  },
});
