// `npm run load-soak -- --minutes 15`: finds what a Keyturn of its own can do, then asks 80% of it at a constant rate, and
// prints latencies, errors and how its memory grew. Exit code 1 when a request failed, or memory grows without end.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { benchFolder } from './keyturn_process.ts';
import { startLoadedKeyturn } from './open_loop/loaded_keyturn.ts';
import { createMix } from './open_loop/mix.ts';
import { findSustained, openLoop, quantileOf } from './open_loop/open_loop.ts';
import { surroundingsInWords } from './surroundings.ts';

const { minutes } = parseArgs({ options: { minutes: { type: 'string', default: '2' } } }).values;
const seconds = Number(minutes) * 60;
if (!(seconds >= 30 && seconds <= 3600)) throw new Error('--minutes takes 0.5 to 60');

const families = 256;
const connections = 128;
const part = 0.8;
const leastPerSecond = 20;
/** Of the time, not counted in the slope: caches fill, code is compiled, the heap finds its size. */
const warmUpPart = 1 / 3;
/** More than this in an hour is a leak, once it was watched for some minutes. */
const mostGrowthMegabytesAnHour = 60;
const watchedForSlopeSeconds = 300;

const residentMegabytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

interface Sample {
  readonly hours: number;
  readonly megabytes: number;
}

/** By least squares. @returns megabytes an hour. */
const slopeOf = (samples: readonly Sample[]): number => {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [hours, megabytes] = [mean(samples.map((at) => at.hours)), mean(samples.map((at) => at.megabytes))];
  const over = samples.reduce((sum, at) => sum + (at.hours - hours) * (at.megabytes - megabytes), 0);
  return over / samples.reduce((sum, at) => sum + (at.hours - hours) ** 2, 0);
};

const print = (line: string): void => console.log(line);

print(surroundingsInWords('at the start'));
const server = await startLoadedKeyturn(benchFolder(), families);
const next = createMix(server.parts);
const options = { port: server.port, connections, next };
const capacity = await findSustained(options, { from: 400, secondsAStep: 4, withinMilliseconds: 250 });
if (capacity < leastPerSecond)
  throw new Error(`It answers ${capacity} requests a second: the machine is too busy with other things.`);
const perSecond = Math.floor(capacity * part);
print(
  `answers 99 of 100 of ${Math.round(capacity)} requests a second within 250 ms, and no more; ${perSecond} a second are asked for ${minutes} min`,
);

const samples: Sample[] = [];
const started = performance.now();
const sampling = setInterval(() => {
  samples.push({ hours: (performance.now() - started) / 3_600_000, megabytes: residentMegabytes(server.pid) });
}, 1000);
const report = await openLoop({ ...options, perSecond, seconds });
clearInterval(sampling);

const failed = [...report.statuses].flatMap(([kind, counts]) =>
  [...counts]
    .filter(([status]) => status !== 200 && status !== 303)
    .map(([status, count]) => ({ kind, status, count })),
);
print(`${report.sent} requests, from when each was due, in ms:`);
for (const [kind, times] of report.milliseconds)
  print(
    `  ${kind.padEnd(14)} ${String(times.length).padStart(8)}  p50 ${quantileOf(times, 0.5).toFixed(1)}  p99 ${quantileOf(times, 0.99).toFixed(1)}  p99.9 ${quantileOf(times, 0.999).toFixed(1)}`,
  );
const warm = samples.slice(Math.floor(samples.length * warmUpPart));
const slope = slopeOf(warm);
const watchedSeconds = warm.length;
print(
  `memory ${warm[0]?.megabytes.toFixed(0)} MB after the warm-up, ${warm.at(-1)?.megabytes.toFixed(0)} MB at the end; slope ${slope.toFixed(1)} MB an hour over ${watchedSeconds} s`,
);
print(
  failed.length === 0
    ? 'no error'
    : failed.map(({ kind, status, count }) => `${count} × ${kind} answered ${status || 'nothing'}`).join(', '),
);
await server.stop();
const grows = watchedSeconds >= watchedForSlopeSeconds && slope > mostGrowthMegabytesAnHour;
if (grows) print(`FAILED: memory grows by more than ${mostGrowthMegabytesAnHour} MB an hour`);
process.exit(failed.length > 0 || grows ? 1 : 0);
