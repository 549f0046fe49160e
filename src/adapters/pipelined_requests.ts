// Requests that come in one go on one connection (pipelining) are begun one after the other, each once the answer before it
// is out. Node hands them over all at once, and the answers have to keep their order anyway: a thousand on each of ten
// connections would have everybody else wait for seconds. RFC 9112 §9.3.2.
import type { ServerResponse } from 'node:http';

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
  before.once('close', () =>
    setImmediate(() => {
      if (!socket.writableEnded && !socket.destroyed) begin();
    }),
  );
};
