// `npm run bench:growth`: what a request costs as the tables grow, from ten thousand token families to ten million. A
// database and a server for each size, asked in turn, round by round, so that what else the machine does meets all alike.
import { parseArgs } from 'node:util';
import { createSend, patient, triedAgain } from './flows/send.ts';
import { type GrowingStore, growingStores } from './growth/grown_database.ts';
import { codes, usersOf } from './growth/grown_facts.ts';
import { type Grown, refresh, requestKinds } from './growth/grown_requests.ts';
import { measureKeySetWaits } from './growth/key_set_waits.ts';
import { type Lane, laneOf } from './growth/lane.ts';
import { flowWorkers } from './keyturn_facts.ts';
import { startKeyturn } from './keyturn_process.ts';
import { figuresOf, type Measurement, median, rangeOf } from './measure.ts';
import { surroundingsInWords } from './surroundings.ts';
import { between, plainTable } from './table.ts';

const { values: options } = parseArgs({
  options: {
    most: { type: 'string', default: '10000000' },
    rounds: { type: 'string', default: '5' },
    requests: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '10' },
    store: { type: 'string', default: 'sqlite,postgres' },
  },
});
const [most, rounds, requests] = [Number(options.most), Number(options.rounds), Number(options.requests)];
/** For which the key set is asked for beside refreshes, at each size. */
const seconds = Number(options.seconds);
const sizes = [10_000, 100_000, 1_000_000, 10_000_000].filter((size) => size <= most);
/** Rounds' worth of requests before any is measured. */
const warmUps = 3;
const mostGrowth = 1.2;
const stores = options.store.split(',');

interface Running {
  readonly grown: Grown;
  stop(): Promise<void>;
}

const grow = async ({ name, grow: growTo }: GrowingStore, families: number): Promise<Running> => {
  const started = performance.now();
  const database = await growTo(families);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.error(
    `${name}: ${families} families, ${usersOf(families)} users, ${database.megabytes.toFixed(0)} MB, filled in ${seconds} s`,
  );
  const { issuer, pid, stop } = await startKeyturn(database.folder, database.settings);
  const store = await database.open();
  const { secret, cpuSeconds: databaseCpuSeconds } = database;
  const grown = { families, issuer, pid, secret, store, databaseCpuSeconds, send: patient(createSend(flowWorkers)) };
  return {
    grown,
    stop: async () => {
      await store.close();
      await stop();
      await database.remove();
    },
  };
};

const growthOf = (lane: Lane, smallest: Lane, figure: 'cpuMicroseconds' | 'microseconds'): readonly number[] =>
  lane.measured.map((measurement, round) => {
    const costOf = (measured: Measurement): number =>
      figure === 'cpuMicroseconds' ? figuresOf(measured).cpuMicroseconds : 1e6 / figuresOf(measured).perSecond;
    return costOf(measurement) / costOf(smallest.measured[round] ?? measurement);
  });

const tableOf = (lanes: readonly Lane[]): string =>
  plainTable(
    ['request', 'families', 'CPU us each', 'us each', 'CPU growth', 'rounds', 'time growth', 'rounds', 'aim', ''],
    lanes.map((lane) => {
      const smallest = lanes.find(({ kind }) => kind === lane.kind) ?? lane;
      const [cpu, time] = [growthOf(lane, smallest, 'cpuMicroseconds'), growthOf(lane, smallest, 'microseconds')];
      const figures = lane.measured.map(figuresOf);
      return [
        lane.kind.name,
        String(lane.grown.families),
        median(figures.map(({ cpuMicroseconds }) => cpuMicroseconds)).toFixed(0),
        median(figures.map(({ perSecond }) => 1e6 / perSecond)).toFixed(0),
        median(cpu).toFixed(2),
        between(rangeOf(cpu), 2),
        median(time).toFixed(2),
        between(rangeOf(time), 2),
        ...(lane.kind.isPart ? ['', ''] : [`at most ${mostGrowth}`, median(cpu) <= mostGrowth ? 'met' : 'missed']),
      ];
    }),
  );

/** The last that is measured: it draws on and on. */
const tableOfWaits = async (lanes: readonly Lane[], from: number): Promise<string> => {
  const rows: string[][] = [];
  for (const lane of lanes) {
    const { refreshesPerSecond, milliseconds } = await measureKeySetWaits(lane, from, seconds);
    const { p50, p99, p999, most: longest } = milliseconds;
    rows.push([
      String(lane.grown.families),
      refreshesPerSecond.toFixed(0),
      ...[p50, p99, p999, longest].map((value) => value.toFixed(1)),
    ]);
  }
  return plainTable(['families', 'refreshes a second', 'key set ms, p50', 'p99', 'p99.9', 'longest'], rows);
};

const measureStore = async (growing: GrowingStore): Promise<string> => {
  const running: Running[] = [];
  try {
    for (const size of sizes) running.push(await grow(growing, size));
    const lanes = requestKinds.flatMap((kind) => running.map(({ grown }) => laneOf(kind, grown)));
    const some = ({ kind }: Lane): number => Math.ceil(requests / (kind.oneOf ?? 1));
    for (const lane of lanes) await lane.measure(0, warmUps * some(lane));
    for (let round = 1; round <= rounds; round += 1) {
      console.error(`round ${round} of ${rounds}`);
      for (const lane of lanes) lane.measured.push(await lane.measure((warmUps - 1 + round) * some(lane), some(lane)));
    }
    const refreshes = lanes.filter(({ kind }) => kind === refresh);
    const waits = await tableOfWaits(refreshes, (warmUps + rounds) * requests);
    return `${tableOf(lanes)}\n\nThe key set, 200 times a second while tokens are refreshed for ${seconds} s at each size:\n\n${waits}\n${triedAgain()} requests were told 503 and sent again.`;
  } finally {
    for (const { stop } of running) await stop();
  }
};

// Gigabytes are not to stay behind: the folders go with the process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
if (!(rounds >= 1 && requests >= 1 && (warmUps + rounds) * requests <= codes))
  throw new Error(`--rounds and --requests take numbers from 1 on, of which ${codes / requests} rounds at most fit.`);
const unknown = stores.find((name) => !(name in growingStores));
if (unknown !== undefined)
  throw new Error(
    `--store ${unknown} names no store; expected ${Object.keys(growingStores).join(', ')}, or several with commas.`,
  );
if (sizes.length === 0) throw new Error('--most takes a number from 10000 on.');
console.log(
  `Keyturn as its tables grow: ${surroundingsInWords('at the start')}.\n${rounds} rounds of ${requests} requests of each kind at each size, ${flowWorkers} in flight, of rows drawn without order; medians. CPU is the\nserver's own and that of all processes of its Postgres, where it has one; growth is over the smallest size, round by round.\n`,
);
for (const [name, growing] of Object.entries(growingStores))
  if (stores.includes(name)) console.log(`${growing.name}\n\n${await measureStore(growing)}\n`);
process.exit();
