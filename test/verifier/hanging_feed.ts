// A service that follows a feed whose pages never end, while garbage is collected: a program for each runtime, which prints
// that the feed was asked again, or nothing.
import { audience, issuer } from './signed_tokens.ts';

/** @param packageName - what the verifier is imported from. @param key - a public JWK. */
export const hangingFeed = (packageName: string, key: unknown): string => `
  import { createServer } from 'node:http';
  import { createVerifier, followRevocationFeed, keysFromSet } from '${packageName}';
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    response.write('hanging');
    if (asked === 2) console.log('asked again') ?? process.exit();
  }).listen(0, '127.0.0.1', () => {
    const revocation = followRevocationFeed({ url: 'http://127.0.0.1:' + server.address().port, timeoutSeconds: 0.3 });
    const keys = keysFromSet({ keys: [${JSON.stringify(key)}] });
    createVerifier({ issuer: '${issuer}', audience: '${audience}', keys, revocation });
    setInterval(() => (globalThis.gc ?? (() => Bun.gc(true)))(), 20);
    setTimeout(() => process.exit(), 5000);
  });`;
