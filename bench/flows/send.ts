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

/** Told 503 as often as this, whoever asks gives up: the machine is too busy with other things. */
const mostTries = 10;
let told503 = 0;

/** @returns how many requests were told so far to come again. */
export const triedAgain = (): number => told503;

/** As a client does that is told 503 with Retry-After, without the wait. All that is asked here may be asked again. */
export const patient =
  (send: Send): Send =>
  async (target) => {
    for (let tries = 1; ; tries += 1) {
      const answer = await send(target);
      if (answer.status !== 503 || tries === mostTries) return answer;
      told503 += 1;
    }
  };
