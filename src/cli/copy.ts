// `keyturn copy`: moves everything to another database, checked row by row. The source is not served after that.
import { isPostgresUrl, sqliteFileOf } from '../adapters/database_url.ts';
import { fileBehind } from '../adapters/lost_database.ts';
import { copyDatabase } from '../adapters/sql_copy.ts';
import { createCopyMark, refusalOf } from '../adapters/sql_copy_mark.ts';
import { readConfig } from '../config.ts';
import { OperatorError } from '../errors.ts';
import { type HeldDatabase, holdDatabase, holdExistingDatabase } from './held_database.ts';
import { type AnswerOptions, answer, type Terminal } from './terminal.ts';
import { columns } from './text_layout.ts';

export interface CopyOptions extends AnswerOptions {
  readonly from: string;
  readonly to: string;
}

/** A source that was moved to this very target was so just before the last attempt ended. */
const assertMayLeave = async (source: HeldDatabase, target: HeldDatabase): Promise<void> => {
  const mark = await createCopyMark(source.connection).find();
  if (mark === undefined || (mark.kind === 'moved' && mark.other === target.name)) return;
  throw refusalOf(source.name, mark);
};

const move = async (source: HeldDatabase, target: HeldDatabase, { clock }: Terminal) => {
  await assertMayLeave(source, target);
  const at = clock.now();
  const tables = await copyDatabase(source, target, at);
  await target.countOn();
  await source.assertAlone();
  // In this order: there is no moment at which both may be served.
  await createCopyMark(source.connection).put({ kind: 'moved', at, other: target.name });
  await createCopyMark(target.connection).takeOff();
  return { from: source.name, to: target.name, copied_at: at, tables };
};

const closing = async <Result>(held: HeldDatabase, work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work();
  } finally {
    await held.connection.close();
  }
};

/** One file may have several names. */
const placeOf = (url: string): string => (isPostgresUrl(url) ? url : fileBehind(sqliteFileOf(url)));

export const copy = async ({ from, to, ...options }: CopyOptions, terminal: Terminal): Promise<void> => {
  if (placeOf(from) === placeOf(to))
    throw new OperatorError('--from and --to name the same database. Name a new one in --to.');
  const source = await holdExistingDatabase(from, readConfig(terminal.environment));
  const copied = await closing(source, async () => {
    const target = await holdDatabase(to);
    return closing(target, () => move(source, target, terminal));
  });
  const rows = copied.tables.map(({ name, rows: count, sha256 }) => [`  ${name}`, `${count}`, sha256]);
  const words = [
    `Copied ${copied.from} to ${copied.to}, and compared every row:`,
    columns([['  table', 'rows', 'SHA-256 of both'], ...rows]),
    '',
    `Serve it with KEYTURN_DATABASE_URL and the same key-encryption keys. ${copied.from} is no longer served, because what is spent from now on is unspent in it. Keep it until you are sure, then remove it.`,
  ];
  answer(terminal, options, copied, words.join('\n'));
};
