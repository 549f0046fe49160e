// A way to a server, over TCP, that can be made slow, silent or broken while it is used.
import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';

export interface FaultProxy {
  readonly port: number;
  /** How many connections there are. */
  links(): number;
  /** All is well again; what was held back is delivered. */
  heal(): void;
  /** Every byte takes so long, each way. */
  slow(milliseconds: number): void;
  /** Nothing comes through any more, and nobody is told: a cable that was pulled. New connections are taken, as by a firewall that answers for its host. */
  silence(): void;
  /** As `silence`, for the connections there are and for ever; new ones go through: a firewall that was restarted. */
  strand(): void;
  /** The connections there are end in order, and new ones at once. */
  cut(): void;
  /** As `cut`, by RST. */
  reset(): void;
  /** The connections there are end by RST, and new ones are refused. */
  refuse(): Promise<void>;
  /** New connections go to another server from now on. */
  aim(targetPort: number): void;
  close(): Promise<void>;
}

type Fault = 'none' | 'silence' | 'cut' | 'reset';

interface Link {
  readonly near: Socket;
  readonly far: Socket;
  stranded: boolean;
}

/** @param targetPort - of a server on loopback. */
export const startFaultProxy = async (targetPort: number): Promise<FaultProxy> => {
  const links = new Set<Link>();
  let fault: Fault = 'none';
  let delayMilliseconds = 0;
  let aimedAt = targetPort;

  const isSilent = ({ stranded }: Link): boolean => stranded || fault === 'silence';
  const hold = (link: Link): void => {
    link.near.pause();
    link.far.pause();
  };
  const later = (work: () => void): void => {
    if (delayMilliseconds === 0) work();
    else setTimeout(work, delayMilliseconds);
  };
  const pass = (link: Link, from: Socket, to: Socket): void => {
    from.on('data', (chunk) => later(() => to.write(chunk)));
    from.on('end', () => later(() => to.end()));
    from.on('error', () => undefined);
    from.on('close', () => {
      // Who is cut off hears of nothing.
      if (!isSilent(link)) later(() => to.destroy());
      if (link.near.destroyed && link.far.destroyed) links.delete(link);
    });
  };
  const end = ({ near, far }: Link, how: 'cut' | 'reset'): void => {
    for (const socket of [near, far]) {
      if (how === 'reset') socket.resetAndDestroy();
      else socket.destroy();
    }
  };
  const take = (near: Socket): void => {
    near.setNoDelay(true);
    if (fault === 'cut' || fault === 'reset') {
      near.on('error', () => undefined);
      if (fault === 'reset') near.resetAndDestroy();
      else near.destroy();
      return;
    }
    const far = createConnection({ host: '127.0.0.1', port: aimedAt, allowHalfOpen: true }).setNoDelay(true);
    const link: Link = { near, far, stranded: false };
    links.add(link);
    pass(link, near, far);
    pass(link, far, near);
    if (isSilent(link)) hold(link);
  };
  const endAll = (how: 'cut' | 'reset'): void => {
    for (const link of links) end(link, how);
    links.clear();
  };

  let server: Server;
  const listen = async (port: number): Promise<number> => {
    server = createServer({ allowHalfOpen: true }, take);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const port = await listen(0);
  let refusing = false;
  const stopListening = async (): Promise<void> => {
    if (refusing) return;
    refusing = true;
    const closed = once(server, 'close');
    server.close();
    endAll('reset');
    await closed;
  };

  return {
    port,
    links: () => links.size,
    heal: () => {
      [fault, delayMilliseconds] = ['none', 0];
      for (const link of links) {
        if (link.stranded) continue;
        // One that went away meanwhile: now the other hears of it.
        if (link.near.destroyed || link.far.destroyed) end(link, 'cut');
        link.near.resume();
        link.far.resume();
      }
      if (refusing) {
        refusing = false;
        listen(port).catch(() => undefined);
      }
    },
    slow: (milliseconds) => {
      delayMilliseconds = milliseconds;
    },
    silence: () => {
      fault = 'silence';
      for (const link of links) hold(link);
    },
    strand: () => {
      for (const link of links) {
        link.stranded = true;
        hold(link);
      }
    },
    cut: () => {
      fault = 'cut';
      endAll('cut');
    },
    reset: () => {
      fault = 'reset';
      endAll('reset');
    },
    refuse: stopListening,
    aim: (other) => {
      aimedAt = other;
    },
    close: stopListening,
  };
};
