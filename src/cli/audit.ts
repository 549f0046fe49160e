// `keyturn audit`: what happened, and to whom.
import { type Command, Option } from 'commander';
import { auditTypes } from '../tokens/audit.ts';
import { addCommand, addGroup } from './add_command.ts';
import { wholeNumber } from './option_values.ts';
import type { Terminal } from './terminal.ts';

const longestSinceSeconds = 9_999_999_999;
const mostEvents = 100_000;

export const addAudit = (program: Command, terminal: Terminal): void => {
  const audit = addGroup(program, 'audit', 'See who did what');

  addCommand(audit, 'list', {
    about: 'Show the audit log, the newest event first',
    examples: ['audit list', 'audit list --type sign_in.failed --since 86400', 'audit list --subject ada --json'],
    notes:
      'It holds only identifiers: no secret, no token, no password. Events are never changed, except that removing a user takes the network addresses out of theirs. KEYTURN_AUDIT_SECONDS says how long events of people are kept.',
  })
    .addOption(new Option('--type <type>', 'one kind of event').choices(auditTypes))
    .option('--subject <user>', 'events of one user: username, e-mail address, or sub (also of a removed user)')
    .option('--client <client_id>', 'events of one client')
    .option('--since <seconds>', 'events of the last SECONDS seconds', wholeNumber(0, longestSinceSeconds))
    .option('--limit <number>', 'the most events to show', wholeNumber(1, mostEvents), 100)
    .action(async (options) => (await import('./audit_list.ts')).listAudit(options, terminal));
};
