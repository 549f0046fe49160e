// F20: three times as much as it can do, at a constant rate, each request timed from when it was due.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Child, startBehind } from '../../bench/child.ts';
import { type LoadedKeyturn, startLoadedKeyturn } from '../../bench/open_loop/loaded_keyturn.ts';
import { bytesOf, createMix } from '../../bench/open_loop/mix.ts';
import { findCapacity, openLoop, quantileOf } from '../../bench/open_loop/open_loop.ts';
import type { ProbeAnswer, ProbeJob } from '../../bench/open_loop/probe.ts';
import { aheadOfOthers } from '../../bench/storm/processors.ts';
import { makeFolder, processTestMilliseconds } from '../running_server.ts';
import { bounded, inMilliseconds, tell } from './bounds.ts';

const seconds = bounded(15, 300);
const times = 3;
const connections = 1000;
/** The promise is 80%; the load shares the machine's cores with the server. */
const leastGoodput = 0.5;
const mostRecoverySeconds = 10;

const folder = makeFolder();
let server: LoadedKeyturn;
let probe: Child;

beforeAll(async () => {
  probe = startBehind(aheadOfOthers() ?? [], 'open_loop/probe.ts');
  server = await startLoadedKeyturn(folder, 256);
}, processTestMilliseconds);
afterAll(async () => {
  await probe.end();
  await server.stop();
});

describe('F20: overload', { timeout: 2 * processTestMilliseconds + seconds * 1000 }, () => {
  test('it goes on answering as much as it can, and is itself again soon after', async () => {
    const { token, keySet: keySetTarget, introspection, refresh } = server.parts;
    const next = createMix({ token, keySet: keySetTarget, introspection, refresh });
    const load = { port: server.port, connections, next };
    const capacity = await findCapacity({ ...load, connections: 128 }, { from: 200, secondsAStep: 2 });
    const keySet = { kind: 'key set', request: bytesOf(server.parts.keySet) };
    const job: ProbeJob = { port: server.port, request: keySet.request, connections: 8, perSecond: 50, seconds };
    probe.send(job);
    const [overloaded, keySets] = await Promise.all([
      openLoop({ ...load, perSecond: capacity * times, seconds, tailSeconds: 0 }),
      probe.reply() as Promise<ProbeAnswer>,
    ]);
    const started = performance.now();
    const recoveredAfter = async (): Promise<number> => {
      for (;;) {
        const { statuses, milliseconds } = await openLoop({
          port: server.port,
          connections: 8,
          perSecond: 50,
          seconds: 1,
          next: () => keySet,
        });
        const all = statuses.get('key set');
        if (all?.size === 1 && all.has(200) && quantileOf(milliseconds.get('key set') ?? [], 0.5) < 100)
          return (performance.now() - started) / 1000 - 1;
        if (performance.now() - started > 6 * mostRecoverySeconds * 1000) return Number.POSITIVE_INFINITY;
      }
    };
    const recoverySeconds = await recoveredAfter();
    const ratio = overloaded.goodPerSecond / capacity;
    const waited = [...overloaded.milliseconds.values()].flat();
    tell(
      'F20',
      `${times} times the ${Math.round(capacity)} a second it answers at most, for ${seconds} s, open loop`,
      `goodput ${(ratio * 100).toFixed(0)}% of the most; from when due p50 ${inMilliseconds(quantileOf(waited, 0.5))}, p99 ${inMilliseconds(quantileOf(waited, 0.99))}; key set p99 ${inMilliseconds(quantileOf(keySets.milliseconds, 0.99))}; itself again after ${Math.max(0, recoverySeconds).toFixed(1)} s`,
    );
    expect(keySets.failed).toBe(0);
    expect(ratio).toBeGreaterThan(leastGoodput);
    expect(recoverySeconds).toBeLessThan(mostRecoverySeconds);
  });
});
