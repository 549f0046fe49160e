// The migrations in drizzle/, and in words why they cannot be read: drizzle-orm calls missing what a user may not read.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator';
import { OperatorError } from '../errors.ts';

const migrations = fileURLToPath(new URL('../../drizzle', import.meta.url));

/** @returns what the system says of the first file that cannot be read. */
const hindrance = (folder: string): NodeJS.ErrnoException | undefined => {
  try {
    for (const file of readdirSync(folder, { withFileTypes: true, recursive: true }))
      if (file.isFile()) readFileSync(join(file.parentPath, file.name));
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
};

const unreadable = (cause: Error): OperatorError =>
  new OperatorError(
    `The migrations, a part of Keyturn, could not be read (${cause.message}). Let this user read all of ${migrations}, or install Keyturn anew if something is missing.`,
    { cause },
  );

/** @throws {OperatorError} where they cannot be read. */
export const readMigrations = (dialect: 'sqlite' | 'postgres'): readonly MigrationMeta[] => {
  const migrationsFolder = join(migrations, dialect);
  try {
    return readMigrationFiles({ migrationsFolder });
  } catch (error) {
    throw unreadable(hindrance(migrationsFolder) ?? (error as Error));
  }
};
