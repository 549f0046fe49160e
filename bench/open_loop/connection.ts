// One kept-alive HTTP/1.1 connection that carries one request at a time, written and read as bytes: a load generator must
// cost less than what it loads.
import { connect, type Socket } from 'node:net';

export interface Answer {
  /** 0 when the connection ended before the answer was whole. */
  readonly status: number;
  readonly body: string;
}

/** Before the server closes what is idle, which it does after the 5 s of its Keep-Alive: as clients do that heed it. */
const idleMilliseconds = 4000;
const lost: Answer = { status: 0, body: '' };

/** @returns the answer once it is whole, and whether the server closes after it. */
const parse = (received: string): (Answer & { readonly closes: boolean }) | undefined => {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const head = received.slice(0, end);
  const status = Number(head.slice(9, 12));
  const closes = /\r\nconnection: close/i.test(head);
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  const body = received.slice(end + 4);
  if (length !== undefined) return body.length < Number(length) ? undefined : { status, body, closes };
  if (/\r\ntransfer-encoding: chunked/i.test(head))
    return body.endsWith('0\r\n\r\n') ? { status, body, closes } : undefined;
  return { status, body: '', closes };
};

export interface Connection {
  readonly isBusy: boolean;
  /** Never rejects. */
  ask(request: string): Promise<Answer>;
  close(): void;
}

export const openConnection = (port: number): Connection => {
  let socket: Socket | undefined;
  let received = '';
  let usedAt = 0;
  let settle: ((answer: Answer) => void) | undefined;
  const finish = (answer: Answer): void => {
    const settled = settle;
    settle = undefined;
    usedAt = performance.now();
    received = '';
    settled?.(answer);
  };
  const open = (): Socket => {
    const opened = connect(port, '127.0.0.1').setNoDelay(true).setEncoding('latin1');
    opened.on('data', (chunk: string) => {
      received += chunk;
      const answer = parse(received);
      if (answer === undefined) return;
      if (answer.closes) {
        socket = undefined;
        opened.destroy();
      }
      finish(answer);
    });
    // What ends is told by 'close'.
    opened.on('error', () => undefined);
    opened.on('close', () => {
      if (socket !== opened) return;
      socket = undefined;
      finish(lost);
    });
    return opened;
  };
  return {
    get isBusy() {
      return settle !== undefined;
    },
    ask: (request) =>
      new Promise((resolve) => {
        if (performance.now() - usedAt > idleMilliseconds) {
          socket?.destroy();
          socket = undefined;
        }
        settle = resolve;
        usedAt = performance.now();
        socket ??= open();
        socket.write(request);
      }),
    close: () => {
      const closing = socket;
      socket = undefined;
      closing?.destroy();
      finish(lost);
    },
  };
};

/** The bytes of a request. */
export const requestOf = (method: string, path: string, headers: Readonly<Record<string, string>>, body = ''): string =>
  [
    `${method} ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(method === 'POST' ? [`Content-Length: ${Buffer.byteLength(body)}`] : []),
    `\r\n${body}`,
  ].join('\r\n');
