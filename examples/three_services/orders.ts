import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { requireScope, requireToken } from 'keyturn/verifier/hono';
import { verifier } from './verifier.ts';

const { STOCK_URL = 'http://localhost:8082', PRICES_URL = 'http://localhost:8083', PORT = '8081' } = process.env;

const app = new Hono().get('/orders', requireToken(verifier), requireScope('read'), async (context) => {
  const headers = { Authorization: context.req.header('Authorization') ?? '' };
  const [stock, prices] = await Promise.all([
    fetch(`${STOCK_URL}/stock`, { headers }),
    fetch(`${PRICES_URL}/prices`, { headers }),
  ]);
  if (!stock.ok || !prices.ok) return context.json({ stock: stock.status, prices: prices.status }, 502);
  return context.json({ for: context.var.claims.sub, stock: await stock.json(), prices: await prices.json() });
});

await verifier.ready();
serve({ fetch: app.fetch, port: Number(PORT) });
