// A port to listen on, for tests, benches and whatever they start. What a system hands out by itself may be the next
// outgoing connection's before it is listened on.
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below those that systems hand out by themselves, and many: runs beside each other hardly ever draw the same. Above 10080,
 * the last port that fetch and browsers refuse to ask. Fetch Standard, "bad port".
 */
const ports = [10_081, 32_000] as const;

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  const free = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  if (free) await new Promise((closed) => server.close(closed));
  return free;
};

/** One that nobody listens on. */
export const freePort = async (): Promise<number> => {
  const port = randomInt(...ports);
  return (await isFree(port)) ? port : freePort();
};
