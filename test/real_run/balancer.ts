// What stands before the issuers: a balancer that heeds /health/ready, and a shared cache that keeps the key set for S.
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { IssuerProcess } from './processes.ts';

const jwksPath = '/.well-known/jwks.json';
const healthMilliseconds = 250;
/** Less than a library waits: what an issuer that is paused does not answer, another still can. The last one may be slow. */
const [answerMilliseconds, lastAnswerMilliseconds] = [800, 2000];

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

const bodyOf = async (stream: AsyncIterable<Buffer>): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
};

const ask = (
  port: number,
  incoming: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
  body: Buffer,
  milliseconds = answerMilliseconds,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { method, url: path, headers } = incoming;
    const asked = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      bodyOf(response).then((answer) => {
        resolve({ status: response.statusCode ?? 502, headers: response.headers, body: answer });
      }, reject);
    });
    asked.setTimeout(milliseconds, () => asked.destroy(new Error('no answer')));
    asked.once('error', reject);
    asked.end(body);
  });

export interface Balancer {
  readonly close: () => Promise<void>;
}

/** @param issuers - the list as it is at each request: processes come and go. */
export const startBalancer = async (
  port: number,
  issuers: () => readonly IssuerProcess[],
  sharedCacheSeconds: number,
): Promise<Balancer> => {
  const ready = new Set<IssuerProcess>();
  let turn = 0;
  let kept: { readonly answer: Answer; readonly until: number } | undefined;

  const look = async (issuer: IssuerProcess): Promise<void> => {
    const answer = await ask(issuer.port, { method: 'GET', url: '/health/ready', headers: {} }, Buffer.alloc(0)).catch(
      () => undefined,
    );
    if (answer?.status === 200) ready.add(issuer);
    else ready.delete(issuer);
  };
  const health = setInterval(() => {
    for (const issuer of issuers()) look(issuer).catch(() => undefined);
  }, healthMilliseconds);

  const forward = async (incoming: IncomingMessage, body: Buffer): Promise<Answer> => {
    const running = issuers().filter((issuer) => issuer.isRunning());
    const candidates = running.filter((issuer) => ready.has(issuer));
    const choice = candidates.length > 0 ? candidates : running;
    turn += 1;
    for (let tries = 0; tries < choice.length; tries += 1) {
      const issuer = choice[(turn + tries) % choice.length] as IssuerProcess;
      try {
        const isLast = tries === choice.length - 1;
        return await ask(issuer.port, incoming, body, isLast ? lastAnswerMilliseconds : answerMilliseconds);
      } catch {
        ready.delete(issuer);
      }
    }
    return { status: 502, headers: {}, body: Buffer.from('no issuer answers') };
  };
  const answerTo = async (incoming: IncomingMessage): Promise<Answer> => {
    const body = await bodyOf(incoming);
    if (incoming.url !== jwksPath) return forward(incoming, body);
    if (kept !== undefined && Date.now() < kept.until) return kept.answer;
    const asked = Date.now();
    const answer = await forward(incoming, body);
    if (answer.status === 200) kept = { answer, until: asked + sharedCacheSeconds * 1000 };
    return answer;
  };
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { status, headers, body } = await answerTo(incoming);
    const { 'transfer-encoding': _, 'content-length': __, connection: ___, ...others } = headers;
    outgoing.writeHead(status, { ...others, 'Content-Length': body.length });
    outgoing.end(body);
  };
  const server: Server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  return {
    close: async () => {
      clearInterval(health);
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
};
