import { inspectPostgresDatabase } from '../adapters/postgres_database.ts';
import { advice, type Finding, good } from './finding.ts';

/** What doctor says of a Postgres itself, and whether what is in it can be looked at without changing it. */
export const checkPostgres = async (
  url: string,
): Promise<{ readonly findings: readonly Finding[]; readonly readable: boolean }> => {
  const { label, version, isEmpty, pendingMigrations, advice: advices } = await inspectPostgresDatabase(url);
  const found = advices.map((message) => advice('database', `${label}: ${message}`));
  if (isEmpty)
    return {
      findings: [...found, advice('database', `${label} is empty; the first start of the server makes its tables.`)],
      readable: false,
    };
  if (pendingMigrations > 0)
    return {
      findings: [
        ...found,
        advice(
          'database',
          `${label} is of an older version: the next start applies what it lacks (migrations: ${pendingMigrations}), while nodes of that version go on. Back it up first. Its content was not checked.`,
        ),
      ],
      readable: false,
    };
  return { findings: [good('database', `${label} answers, Postgres ${version}.`), ...found], readable: true };
};
