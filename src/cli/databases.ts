// `keyturn backup`, `restore` and `copy`: the database as a whole.
import type { Command } from 'commander';
import { addCommand } from './add_command.ts';
import { databaseUrl } from './option_values.ts';
import type { Terminal } from './terminal.ts';

export const addDatabases = (program: Command, terminal: Terminal): void => {
  addCommand(program, 'backup <file>', {
    about: 'Write a backup of the SQLite database, while the server runs',
    examples: ['backup /var/backups/keyturn/2026-11-28.sqlite'],
    notes:
      'FILE must not exist yet. It gets the mode 0600 and is checked for damage. Private halves that were erased are not in ' +
      'it; the current ones are, wrapped. The key-encryption keys are not: keep them elsewhere. A backup is not served as ' +
      'it is: "keyturn restore" puts it in place. Postgres has its own tools: back it up with pg_dump, and after ' +
      'pg_restore run "keyturn restore --in-place".',
  }).action(async (file, options) => (await import('./backup.ts')).backUp(file, options, terminal));

  addCommand(program, 'restore [file]', {
    about: 'Put a backup in place of the database, and end what it would revive',
    examples: [
      'restore /var/backups/keyturn/2026-11-28.sqlite --history copy.jwt',
      'restore /var/backups/keyturn/2026-11-28.sqlite --nothing-revoked-since',
      'restore --in-place',
    ],
    notes:
      'Stop the server first; a database in use is refused. Every session, refresh token and unspent code ends, and every ' +
      'key that may have been revoked since is revoked: new ones sign at once, and tokens from before are refused. The ' +
      'keys that the replaced database knows as revoked stay revoked, and that database is kept under another name. Killed at ' +
      'any moment, the command leaves the old database or the new one. With --nothing-revoked-since the keys stay, except ' +
      'those known to be revoked from the replaced database, --history or --revoked, and access tokens stay good.',
  })
    .option('--in-place', 'without a file: the database was put back by other means (a snapshot, pg_dump)')
    .option(
      '--history <file>',
      'a saved copy of /historical-keys: its revocations apply, and the history continues from it',
    )
    .option('--revoked <kid...>', 'keys that were revoked since the backup was made')
    .option('--nothing-revoked-since', 'you state that nothing else was revoked since: no key and no token')
    .action(async (file, options) => (await import('./restore.ts')).restore(file, options, terminal));

  addCommand(program, 'copy', {
    about: 'Move everything to another, empty database, and compare every row',
    examples: [
      'copy --from file:keyturn.sqlite --to postgres://keyturn@db.example.com/keyturn?sslmode=verify-full',
      'copy --from file:keyturn.sqlite --to file:/srv/keyturn.sqlite',
    ],
    notes:
      'Stop the server first; a database in use is refused. If the command is killed, run it again: it starts over, or ' +
      'says that the copy had been finished. When it is done the source is no longer served, because what is spent from ' +
      'then on is unspent in it. The key-encryption keys stay the same.',
  })
    .requiredOption('--from <url>', 'the database to copy, as in KEYTURN_DATABASE_URL', databaseUrl)
    .requiredOption('--to <url>', 'an empty database, as in KEYTURN_DATABASE_URL; a file is made', databaseUrl)
    .action(async (options) => (await import('./copy.ts')).copy(options, terminal));
};
