// Sends the requests of a flow over connections kept alive.
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Send } from './flow.ts';

export const createSend = (connections: number): Send => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return ({ url, method, headers, body }) =>
    new Promise((resolve, reject) => {
      const sending = request(url, { agent, method, headers }, (response) => {
        const { statusCode: status = 0, headers: received } = response;
        text(response).then((whole) => resolve({ status, location: received.location, body: whole }), reject);
      });
      sending.on('error', reject);
      sending.end(body);
    });
};
