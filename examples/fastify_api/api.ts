import Fastify from 'fastify';
import { createVerifier } from 'keyturn/verifier';
import { claimsOf, requireRole, requireToken } from 'keyturn/verifier/fastify';

const { ISSUER = 'http://localhost:3000', AUDIENCE = 'https://api.example.com', PORT = '8080' } = process.env;

const verifier = createVerifier({ issuer: ISSUER, audience: AUDIENCE });
const token = requireToken(verifier);

const app = Fastify();

app.get('/', async () => ({ hello: 'whoever you are' }));
app.get('/me', { onRequest: token }, async (request) => ({ hello: claimsOf(request).sub }));
app.get('/admin', { onRequest: [token, requireRole('admin')] }, async () => ({ hello: 'admin' }));

await app.listen({ port: Number(PORT) });
