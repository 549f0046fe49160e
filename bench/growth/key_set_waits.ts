// How long the key set is waited for while tokens are refreshed without end: whatever of a write keeps others waiting grows
// with the tables, unless it takes place beside the event loop.
import { startBehind } from '../child.ts';
import { flowWorkers } from '../keyturn_facts.ts';
import { quantileOf } from '../open_loop/open_loop.ts';
import type { ProbeAnswer, ProbeJob } from '../open_loop/probe.ts';
import { aheadOfOthers } from '../storm/processors.ts';
import type { Lane } from './lane.ts';

const keySetsPerSecond = 200;
const connections = 8;

export interface Waited {
  readonly refreshesPerSecond: number;
  /** From when each was due. */
  readonly milliseconds: { readonly p50: number; readonly p99: number; readonly p999: number; readonly most: number };
}

/** @param refreshes - a lane of refreshes. @param from - the first draw. */
export const measureKeySetWaits = async (refreshes: Lane, from: number, seconds: number): Promise<Waited> => {
  const { host, port, pathname } = new URL('/.well-known/jwks.json', refreshes.grown.issuer);
  const request = `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const probe = startBehind(aheadOfOthers() ?? [], 'open_loop/probe.ts');
  probe.send({ port: Number(port), request, connections, perSecond: keySetsPerSecond, seconds } satisfies ProbeJob);
  let [next, over] = [from, false];
  const refresh = async (): Promise<void> => {
    while (!over) {
      const draw = next;
      next += 1;
      await refreshes.ask(draw);
    }
  };
  const refreshing = Promise.all(Array.from({ length: flowWorkers }, refresh));
  const { milliseconds, failed } = (await probe.reply()) as ProbeAnswer;
  const refreshesPerSecond = (next - from) / seconds;
  over = true;
  await Promise.all([refreshing, probe.end()]);
  if (failed > 0)
    throw new Error(`${failed} of ${milliseconds.length} requests for the key set were not answered with 200.`);
  const at = (share: number): number => quantileOf(milliseconds, share);
  return { refreshesPerSecond, milliseconds: { p50: at(0.5), p99: at(0.99), p999: at(0.999), most: at(1) } };
};
