// `npm run faults`: runs the rows of the fault table and prints what was done and what held. `-- --quick` is a bounded form,
// `-- --only F3,F4` some rows. Exit code 1 when a row did not hold.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { type FaultRow, rows } from './rows.ts';

const { quick, only } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
}).values;
const chosen = only?.split(',');
const wanted = rows.filter(({ id }) => chosen === undefined || id.split(', ').some((part) => chosen.includes(part)));
if (wanted.length === 0) throw new Error(`--only takes some of ${rows.map(({ id }) => id).join(', ')}`);

const project = fileURLToPath(new URL('../..', import.meta.url));
const vitest = join(project, 'node_modules/vitest/vitest.mjs');
const folder = mkdtempSync(join(tmpdir(), 'keyturn-faults-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const mostMinutes = quick ? 6 : 25;
const atOnce = 2;

interface Told {
  readonly row: string;
  readonly did: string;
  readonly held: string;
}

interface RowOutcome {
  readonly row: FaultRow;
  readonly held: boolean;
  readonly seconds: number;
  readonly told: readonly Told[];
  readonly notRun: readonly string[];
  /** How many tests. */
  readonly passed: string;
  readonly output: string;
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const filesOf = ({ files, fullFiles = [] }: FaultRow): readonly string[] => (quick ? files : [...files, ...fullFiles]);

const runRow = async (row: FaultRow): Promise<RowOutcome> => {
  const toldFile = join(folder, row.id.replaceAll(', ', '-'));
  writeFileSync(toldFile, '');
  const started = performance.now();
  const environment = {
    ...process.env,
    ...(quick ? {} : row.fullEnvironment),
    SOAK: '1',
    FAULTS: quick ? 'quick' : 'full',
    FAULTS_TOLD: toldFile,
  };
  const args = [vitest, 'run', '--maxWorkers=1', ...filesOf(row).map((file) => `test/faults/${file}`)];
  const child = spawn(process.execPath, args, { cwd: project, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const passed = /Tests\s+(\d+) passed/.exec(stripVTControlCharacters(output))?.[1] ?? '0';
  const told = readFileSync(toldFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Told);
  const notRun = output.match(/NOT RUN: .*/g) ?? [];
  const seconds = (performance.now() - started) / 1000;
  return { row, held: code === 0, seconds, told, notRun, passed, output };
};

const report = ({ row, held, seconds, told, notRun, passed, output }: RowOutcome): void => {
  const didNothing = notRun.length > 0 && told.length === 0;
  const good = didNothing ? 'NOT RUN' : 'held';
  print(`\n${row.id}  ${held ? good : 'FAILED'}, ${seconds.toFixed(0)} s. ${row.fault}: ${row.mustHold}.`);
  for (const { row: id, did, held: found } of told) print(`    ${id}: ${did}: ${found}.`);
  if (held && told.length === 0 && !didNothing) print(`    ${passed} tests passed.`);
  for (const line of notRun) print(`    ${line}`);
  if (!held) print(output);
};

const started = performance.now();
const outcomes: RowOutcome[] = [];
const take = async (queue: FaultRow[]): Promise<void> => {
  for (let row = queue.shift(); row !== undefined; row = queue.shift()) {
    const outcome = await runRow(row);
    outcomes.push(outcome);
    report(outcome);
  }
};
for (const { id } of wanted.filter((row) => filesOf(row).length === 0))
  print(`${id}  is left to npm run soak, and to the whole form.`);
const chosenRows = wanted.filter((row) => filesOf(row).length > 0);
const together = chosenRows.filter(({ alone }) => alone !== true);
await Promise.all(Array.from({ length: atOnce }, () => take(together)));
await take(chosenRows.filter(({ alone }) => alone === true));

const failed = outcomes.filter(({ held }) => !held);
const minutes = (performance.now() - started) / 60_000;
print(
  `\n${outcomes.length - failed.length} of ${outcomes.length} rows held, in ${minutes.toFixed(1)} min (${mostMinutes} on two free cores)${failed.length > 0 ? `; not ${failed.map(({ row }) => row.id).join(', ')}` : ''}`,
);
process.exit(failed.length > 0 ? 1 : 0);
