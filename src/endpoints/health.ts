// /health/live: the process answers. /health/ready: it also signs, or says why not. Neither shows a version or a secret.
import type { Endpoint } from './endpoint.ts';

const noStore = { 'Cache-Control': 'no-store' };

export const live: Endpoint = () => ({ GET: (context) => context.json({ status: 'live' }, 200, noStore) });

export const ready: Endpoint = ({ keyRing, storeFence }) => ({
  GET: (context) => {
    const reason = storeFence?.reason() ?? keyRing.notSigning();
    if (reason === undefined) return context.json({ status: 'ready' }, 200, noStore);
    return context.json({ status: 'not ready', reason }, 503, noStore);
  },
});
