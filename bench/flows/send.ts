// Sends the requests of a flow over connections kept alive. One that the server closed just as it was used again is
// no answer of the server's: the request goes once more, over a new one.
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Send } from './flow.ts';

export const createSend = (connections: number): Send => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const send: Send = (target) => {
    const { url, method, headers, body } = target;
    return new Promise((resolve, reject) => {
      const sending = request(url, { agent, method, headers }, (response) => {
        const { statusCode: status = 0, headers: received } = response;
        text(response).then((whole) => resolve({ status, location: received.location, body: whole }), reject);
      });
      sending.on('error', (error: NodeJS.ErrnoException) => {
        if (sending.reusedSocket && error.code === 'ECONNRESET') send(target).then(resolve, reject);
        else reject(error);
      });
      sending.end(body);
    });
  };
  return send;
};
