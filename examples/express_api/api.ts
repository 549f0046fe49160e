import express from 'express';
import { createVerifier } from 'keyturn/verifier';
import { claimsOf, requireRole, requireToken } from 'keyturn/verifier/express';

const { ISSUER = 'http://localhost:3000', AUDIENCE = 'https://api.example.com', PORT = '8080' } = process.env;

const verifier = createVerifier({ issuer: ISSUER, audience: AUDIENCE });
const token = requireToken(verifier);

const app = express();

app.get('/', (_request, response) => {
  response.json({ hello: 'whoever you are' });
});
app.get('/me', token, (request, response) => {
  response.json({ hello: claimsOf(request).sub });
});
app.get('/admin', token, requireRole('admin'), (_request, response) => {
  response.json({ hello: 'admin' });
});

app.listen(Number(PORT));
