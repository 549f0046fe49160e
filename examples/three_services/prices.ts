import express from 'express';
import { requireScope, requireToken } from 'keyturn/verifier/express';
import { verifier } from './verifier.ts';

const app = express();
app.get('/prices', requireToken(verifier), requireScope('read'), (_request, response) => {
  response.json({ apple: '0.40' });
});

await verifier.ready();
app.listen(Number(process.env.PORT ?? '8083'));
