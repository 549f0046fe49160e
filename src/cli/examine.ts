// The examination of `keyturn doctor`, from the outside in: what cannot be known any more is left out.
import { styleText } from 'node:util';
import { inspectSqliteDatabase } from '../adapters/better_sqlite3_database.ts';
import { isPostgresUrl, sqliteFileOf } from '../adapters/database_url.ts';
import { lostDatabaseOf } from '../adapters/lost_database.ts';
import { isMissing } from '../adapters/regular_file.ts';
import { type Config, readConfig } from '../config.ts';
import { OperatorError } from '../errors.ts';
import { checkConfiguration } from './check_configuration.ts';
import { checkKeys } from './check_keys.ts';
import { checkPostgres } from './check_postgres.ts';
import { checkRegistrations } from './check_registrations.ts';
import { checkUsers } from './check_users.ts';
import { checkVault } from './check_vault.ts';
import { advice, type Finding, type FindingLevel, good, wrong } from './finding.ts';
import { openDatabaseComplaint } from './open_database.ts';
import { safeText } from './safe_text.ts';
import { type AnswerOptions, answer, type Terminal } from './terminal.ts';
import { wrapText } from './text_layout.ts';
import { unknownSettingComplaints } from './unknown_settings.ts';
import { withStore } from './with_store.ts';

/** What the file itself is like, and whether its content can be looked at without changing it. */
const checkFile = (file: string): { readonly finding: Finding; readonly readable: boolean } => {
  const { complaints, pendingMigrations } = inspectSqliteDatabase(file);
  if (complaints.length > 0) {
    const message = `${file} is damaged: ${complaints.join('; ')}. Stop the server and restore a backup.`;
    return { finding: wrong('database', message), readable: false };
  }
  if (pendingMigrations > 0) {
    const message = `${file} is of an older version: the next start applies what it lacks (migrations: ${pendingMigrations}). Back it up first. Its content was not checked.`;
    return { finding: advice('database', message), readable: false };
  }
  const open = openDatabaseComplaint(file);
  if (open !== undefined) return { finding: advice('database', `${file} is sound, but ${open}`), readable: true };
  return { finding: good('database', `${file} is sound.`), readable: true };
};

const checkContent = (config: Config): Promise<readonly Finding[]> =>
  withStore(config, async (store) => {
    const { keys, databaseNow } = await store.readSigningKeys();
    const [clients, resources] = [await store.listClients(), await store.listResources()];
    return [
      ...(await checkVault(config, keys)),
      ...checkKeys(keys, config.policy, databaseNow),
      ...checkRegistrations(clients, resources, config.policy.maxTokenSeconds),
      ...(await checkUsers(store)),
    ];
  });

const checkDatabase = async (config: Config): Promise<readonly Finding[]> => {
  if (config.remote !== undefined)
    return [good('database', `The store of ${config.remote} answers.`), ...(await checkContent(config))];
  if (isPostgresUrl(config.databaseUrl)) {
    const { findings, readable } = await checkPostgres(config.databaseUrl);
    return [...findings, ...(readable ? await checkContent(config) : [])];
  }
  const file = sqliteFileOf(config.databaseUrl);
  const lost = lostDatabaseOf(file, config);
  if (lost !== undefined) return [wrong('database', lost)];
  if (isMissing(file))
    return [
      advice('database', `There is no database ${file} yet; the first start of the server makes it.`),
      ...(await checkVault(config, [])),
    ];
  const { finding, readable } = checkFile(file);
  return readable ? [finding, ...(await checkContent(config))] : [finding];
};

/** An OperatorError of a check is a finding of its own. */
const attempt = async (
  about: string,
  check: () => Promise<readonly Finding[]> | readonly Finding[],
): Promise<readonly Finding[]> => {
  try {
    return await check();
  } catch (error) {
    if (error instanceof OperatorError) return [wrong(about, error.message)];
    throw error;
  }
};

const checkAll = async (terminal: Terminal): Promise<readonly Finding[]> => {
  const { environment } = terminal;
  const unknown = unknownSettingComplaints(environment).map((complaint) => wrong('settings', complaint));
  const rest = await attempt('settings', async () => {
    const config = readConfig(environment);
    return [...checkConfiguration(config), ...(await attempt('database', () => checkDatabase(config)))];
  });
  return [...unknown, ...rest];
};

const marks = {
  good: { mark: '✓', style: 'green' },
  advice: { mark: '!', style: 'yellow' },
  wrong: { mark: '✗', style: 'red' },
} as const satisfies Record<FindingLevel, { mark: string; style: string }>;

const inWords = ({ level, about, message }: Finding, { colour, columns }: Terminal): string => {
  const { mark, style } = marks[level];
  const drawn = colour ? styleText(style, mark, { validateStream: false }) : mark;
  const text = wrapText(`${about}: ${safeText(message)}`, columns - 2, '  ');
  return `${drawn} ${text}`;
};

const count = (findings: readonly Finding[], wanted: FindingLevel): number =>
  findings.filter(({ level }) => level === wanted).length;

const summary = (findings: readonly Finding[]): string => {
  const [bad, minor] = [count(findings, 'wrong'), count(findings, 'advice')];
  if (bad > 0) return `${bad} to put right (✗)${minor > 0 ? `, ${minor} worth knowing (!)` : ''}.`;
  return minor > 0 ? `Nothing is wrong; ${minor} worth knowing (!).` : 'Everything is as it should be.';
};

export const examine = async (options: AnswerOptions, terminal: Terminal): Promise<void> => {
  const findings = await checkAll(terminal);
  const healthy = count(findings, 'wrong') === 0;
  const words = [...findings.map((finding) => inWords(finding, terminal)), '', summary(findings)].join('\n');
  answer(terminal, options, { healthy, findings }, words);
  if (!healthy) terminal.setExitCode(1);
};
