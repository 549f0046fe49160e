// Requests that come in one go on one connection (pipelining) are begun one after the other, each once the answer before it
// is out. Node hands them over all at once, and the answers have to keep their order anyway: a thousand on each of ten
// connections would have everybody else wait for seconds. RFC 9112 §9.3.2.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** While more of a connection wait, it is not read: Node itself stops for answers that pile up, and here none do. */
const mostWaiting = 100;

const waitingOn = new WeakMap<Socket, number>();

/** Node itself reads on for more of a body, and at the end of each request. */
const pauseAgain = function (this: Socket): void {
  this.pause();
};

const wait = (socket: Socket): void => {
  const waiting = (waitingOn.get(socket) ?? 0) + 1;
  waitingOn.set(socket, waiting);
  if (waiting !== mostWaiting + 1) return;
  socket.on('resume', pauseAgain);
  // Those that came with it are taken apart first.
  process.nextTick(() => socket.pause());
};

const waitNoMore = (socket: Socket): void => {
  const waiting = (waitingOn.get(socket) ?? 0) - 1;
  waitingOn.set(socket, waiting);
  if (waiting === mostWaiting) socket.off('resume', pauseAgain).resume();
};

/**
 * Begins at once where nothing is before it. What follows an answer that closes the connection, or whose peer went away, never
 * begins (RFC 9112 §9.6).
 */
export const onceAnswered = (before: ServerResponse | undefined, begin: () => void): void => {
  if (before === undefined || before.writableFinished) {
    begin();
    return;
  }
  const { socket } = before.req;
  wait(socket);
  before.once('close', () =>
    setImmediate(() => {
      if (socket.writableEnded || socket.destroyed) return;
      waitNoMore(socket);
      begin();
    }),
  );
};
