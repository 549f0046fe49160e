// `keyturn users`: the people who sign in.
import type { Command } from 'commander';
import { addCommand, addGroup } from './add_command.ts';
import { namedText, wholeNumber } from './option_values.ts';
import type { Terminal } from './terminal.ts';

const mostUsers = 100_000;

const whom = 'USER is a username, an e-mail address or a sub.';

const passwords =
  'A password is never an argument, because others can read command lines: it is asked for on a terminal, or read from ' +
  'standard input. A hash brought along from elsewhere (argon2id or bcrypt) is replaced by a new one at the next sign-in.';

const withProfileOptions = (command: Command): Command =>
  command
    .option('--email <address>', 'may be signed in with, like the username')
    .option('--email-verified', 'the address is known to be theirs')
    .option('--name <name>', 'short for --claim name=NAME')
    .option('--claim <name=value>', 'a standard claim of OpenID Connect; may be repeated', namedText)
    .option('--role <role...>', 'a role, for resources to check (the claim roles)');

const withPasswordOptions = (command: Command): Command =>
  command
    .option('--password-stdin', 'read the password from standard input, one line')
    .option('--password-hash-stdin', 'read an argon2id or bcrypt hash from standard input, one line');

const addAdding = (users: Command, terminal: Terminal): void => {
  const add = addCommand(users, 'add <username>', {
    about: 'Add a user',
    examples: [
      'users add ada --email ada@example.org --name "Ada Lovelace" --role admin',
      'users add grace --claim zoneinfo=America/New_York --password-stdin < password.txt',
    ],
    notes: `${passwords} Without either, the user has no password and cannot sign in.`,
  });
  withPasswordOptions(withProfileOptions(add)).action(async (username, options) =>
    (await import('./users_add.ts')).addUser(username, options, terminal),
  );

  addCommand(users, 'import <file>', {
    about: 'Add a user that another Keyturn exported, with their sub and password',
    examples: ['users import ada.json', 'users import - < ada.json'],
    notes:
      'Sessions, consents and tokens stay behind: they sign in anew. A file without the hash of a password makes a user who cannot sign in yet. Claims are taken as "users add" takes them; earlier versions took more.',
  })
    .option('--skip-claims', 'leave out the claims that "users add" would refuse, and say which')
    .action(async (file, options) => (await import('./users_import.ts')).importUser(file, options, terminal));

  const update = addCommand(users, 'update <user>', {
    about: 'Change what is known of a user',
    examples: ['users update ada --email ada@example.com --email-verified', 'users update ada --claim nickname='],
    notes: `${whom} A claim given as empty is dropped; --role replaces the roles there are.`,
  });
  withProfileOptions(update)
    .option('--no-email', 'drop the e-mail address')
    .option('--no-email-verified', 'the address is not known to be theirs')
    .option('--no-role', 'drop every role')
    .action(async (user, options) => (await import('./users_add.ts')).updateUser(user, options, terminal));
};

const addReading = (users: Command, terminal: Terminal): void => {
  addCommand(users, 'list', {
    about: 'Show users, by username',
    examples: ['users list', 'users list --after ada --limit 1000 --json'],
    notes: 'With --json, "next" is what --after takes for the users that follow; null when there are none.',
  })
    .option('--after <username>', 'only users after this one', '')
    .option('--limit <number>', 'the most users to show', wholeNumber(1, mostUsers), 100)
    .action(async (options) => (await import('./users_show.ts')).listUsers(options, terminal));

  addCommand(users, 'show <user>', {
    about: 'Show one user; the password is kept as a hash and cannot be shown',
    examples: ['users show ada'],
    notes: whom,
  }).action(async (user, options) => (await import('./users_show.ts')).showUser(user, options, terminal));

  addCommand(users, 'export <user>', {
    about: 'Print everything that is kept of a user, as JSON',
    examples: ['users export ada > ada.json'],
    notes: `${whom} Hashes of passwords and cookies are left out, unless the user is to be moved: with the hash, "users import" makes them elsewhere with the password they have. Keep such a file as you keep the database.`,
  })
    .option('--with-password-hash', 'put the hash of the password in, to move the user to another issuer')
    .action(async (user, options) => (await import('./users_show.ts')).exportUser(user, options, terminal));
};

const addChanging = (users: Command, terminal: Terminal): void => {
  const setPassword = addCommand(users, 'set-password <user>', {
    about: 'Give a user a new password; every session and refresh token of theirs ends',
    examples: ['users set-password ada', 'users set-password ada --password-stdin < password.txt'],
    notes: `${whom} ${passwords}`,
  });
  withPasswordOptions(setPassword).action(async (user, options) =>
    (await import('./users_change.ts')).setPassword(user, options, terminal),
  );

  addCommand(users, 'lock <user>', {
    about: 'Keep a user out; every session and refresh token of theirs ends',
    examples: ['users lock ada'],
    notes: `${whom} Access tokens that are out end too, at verifiers that follow revocation; at others they stay valid until they expire.`,
  }).action(async (user, options) => (await import('./users_change.ts')).lockUser(user, options, terminal));

  addCommand(users, 'unlock <user>', {
    about: 'Let a locked user sign in again',
    examples: ['users unlock ada'],
    notes: whom,
  }).action(async (user, options) => (await import('./users_change.ts')).unlockUser(user, options, terminal));

  addCommand(users, 'remove <user>', {
    about: 'Remove a user with everything personal; there is no way back',
    examples: ['users export ada > ada.json', 'users remove ada'],
    notes: `${whom} The audit log keeps what happened under the sub alone, which is never used again.`,
  }).action(async (user, options) => (await import('./users_change.ts')).removeUser(user, options, terminal));
};

export const addUsers = (program: Command, terminal: Terminal): void => {
  const users = addGroup(program, 'users', 'Add, change and remove the people who sign in');
  addAdding(users, terminal);
  addReading(users, terminal);
  addChanging(users, terminal);
};
