// An application's server as far as a browser needs one: takes what it is sent, remembers it, and answers with a page.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../free_port.ts';

export interface Received {
  readonly method: string;
  readonly parameters: URLSearchParams;
  /** The address of the page that led here, if the browser told. */
  readonly referer: string | undefined;
}

export interface Application {
  readonly origin: string;
  readonly redirectUri: string;
  /** What came to the redirect URI last. @throws when nothing did. */
  lastAnswer(): Received;
  /** Sets what a path answers with. */
  serve(path: string, html: string): void;
  /** Has a path take its time. */
  slowDown(path: string, milliseconds: number): void;
  /** Has a path send the browser on. */
  sendOn(path: string, location: string): void;
  close(): Promise<void>;
}

const plainPage =
  '<!doctype html><html lang="en"><title>The application</title><link rel="icon" href="data:,"><h1>Back</h1>';

/** @param host - `localhost` is another site than the issuer's 127.0.0.1; 127.0.0.1 is the same site, at another origin. */
export const startApplication = async (host = 'localhost'): Promise<Application> => {
  const received: Received[] = [];
  const pages = new Map<string, string>();
  const locations = new Map<string, string>();
  const pauses = new Map<string, number>();
  const port = await freePort();
  const origin = `http://${host}:${port}`;
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', origin);
    const parameters = request.method === 'POST' ? new URLSearchParams(await text(request)) : searchParams;
    const { referer } = request.headers;
    if (pathname === '/callback') received.push({ method: request.method ?? '', parameters, referer });
    await wait(pauses.get(pathname) ?? 0);
    const location = locations.get(pathname);
    if (location !== undefined) response.writeHead(303, { Location: location });
    else response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(pages.get(pathname) ?? plainPage);
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    origin,
    redirectUri: `${origin}/callback`,
    lastAnswer: () => {
      const last = received.at(-1);
      if (last === undefined) throw new Error('Nothing came to the redirect URI.');
      return last;
    },
    serve: (path, html) => {
      pages.set(path, html);
    },
    slowDown: (path, milliseconds) => {
      pauses.set(path, milliseconds);
    },
    sendOn: (path, location) => {
      locations.set(path, location);
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
};
