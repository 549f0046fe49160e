// The address to listen on: whether it can be had, and what to say where it cannot.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { OperatorError } from '../errors.ts';

/** @returns what to say of an address that could not be listened on; other errors as they are. */
export const listenError = (host: string, port: number, error: NodeJS.ErrnoException): unknown => {
  if (error.code === 'EADDRINUSE')
    return new OperatorError(
      `Port ${port} on ${host} is in use by another process. Stop it, or set KEYTURN_PORT (and KEYTURN_ISSUER) to a free port.`,
    );
  if (error.code === 'EACCES')
    return new OperatorError(`This user may not listen on port ${port}. Set KEYTURN_PORT to 1024 or above.`);
  // EINVAL: an IPv6 address of a link alone, without the link (fe80::1%eth0).
  if (['EADDRNOTAVAIL', 'ENOTFOUND', 'EINVAL', 'EAFNOSUPPORT'].includes(String(error.code)))
    return new OperatorError(
      `${host} is not an address of this machine. Set KEYTURN_HOST to one, or to 0.0.0.0 for all (:: with IPv6).`,
    );
  if (error.code === 'EAI_AGAIN')
    return new OperatorError(
      `The name service does not answer for ${host}. Try again in a moment, or set KEYTURN_HOST to an IP address.`,
    );
  if (error.code === 'EMFILE' || error.code === 'ENFILE')
    return new OperatorError(
      'No file is left for the port to listen on. Allow this process more open files (LimitNOFILE of systemd, ulimit -n).',
    );
  return error;
};

/** Listens for a moment. @throws {OperatorError} when the address cannot be had. */
export const assertAddressFree = async (host: string, port: number): Promise<void> => {
  const server = createServer().listen({ port, host });
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw listenError(host, port, error);
  });
  server.close();
  await once(server, 'close');
};
