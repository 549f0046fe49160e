// Preloaded (node --import) into a process under test: kills it with SIGKILL around the Nth statement of SQLite that
// writes, N by KILL_STEP, `before` or `after` it by KILL_WHEN; or writes how many there are to KILL_COUNT_FILE. Counted is from KILL_FROM on: the `opening` of the
// database, or the first statement about its `keys`.
import { writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';

const killStep = Number(process.env.KILL_STEP);
const killWhen = process.env.KILL_WHEN;

const database = new Database(':memory:');
const statements = Object.getPrototypeOf(database.prepare('SELECT 1')) as Database.Statement;
database.close();

let counting = process.env.KILL_FROM === 'opening';
let step = 0;

const dieWhen = (when: string): void => {
  if (step === killStep && when === killWhen) process.kill(process.pid, 'SIGKILL');
};

// COMMIT counts as reading to SQLite, which is why it is asked for by name.
const writes = ({ readonly, source }: Database.Statement): boolean => !readonly || source === 'COMMIT';

let inSchema = false;

/** A migration's statements are one transaction: those that follow one another count as one step. */
const isStep = (statement: Database.Statement): boolean => {
  if (!writes(statement)) return false;
  const wasInSchema = inSchema;
  inSchema = /^\s*(CREATE|ALTER|DROP)\b/i.test(statement.source);
  return !(wasInSchema && inSchema);
};

for (const name of ['run', 'get', 'all'] as const) {
  const original = statements[name];
  Object.assign(statements, {
    [name](this: Database.Statement, ...args: readonly unknown[]): unknown {
      counting ||= this.source.includes('signing_key') && !this.source.includes('sqlite_schema');
      if (!counting || !isStep(this)) return Reflect.apply(original, this, args);
      step += 1;
      dieWhen('before');
      const result: unknown = Reflect.apply(original, this, args);
      dieWhen('after');
      return result;
    },
  });
}

const countFile = process.env.KILL_COUNT_FILE;
if (countFile !== undefined) process.once('exit', () => writeFileSync(countFile, `${step}`));
