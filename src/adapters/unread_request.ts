// Answers to what is refused before anything looks at it, with the headers that every answer has. Node's own are bare.
import { type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

type Headers = Readonly<Record<string, string>>;

const closing = { 'Cache-Control': 'no-store', 'Content-Length': '0', Connection: 'close' };

export const refuse = (response: ServerResponse, status: number, headers: Headers): void => {
  response.writeHead(status, { ...headers, ...closing }).end();
};

/** As Node has it; 400 for all else that cannot be read. */
const statuses: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** It was no request, so no line of the log tells of it, and it has no X-Request-Id. */
const answerOf = (code: string | undefined, headers: Headers): string => {
  const status = statuses[code ?? ''] ?? 400;
  const all = Object.entries({ Date: new Date().toUTCString(), ...headers, ...closing });
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
};

/** Of several responses on a connection, those behind the first have no socket yet. */
const isIdle = (last: ServerResponse | undefined): boolean =>
  last === undefined || last.writableFinished || (last.socket !== null && !last.headersSent);

/** @param lastOf - the response begun last on a connection. Into the middle of one nothing is written. */
export const answerUnread = (
  server: Server,
  headers: Headers,
  lastOf: (socket: Socket) => ServerResponse | undefined,
): void => {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (socket.writable && isIdle(lastOf(socket))) socket.write(answerOf(error.code, headers));
    socket.destroy(error);
  });
};
