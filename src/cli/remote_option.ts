// Declares `--remote ISSUER`, which goes before the command; remote.ts does it.
import { type Command, InvalidArgumentError } from 'commander';
import type { Terminal } from './terminal.ts';

/** They have nothing to do with a store elsewhere, or refuse it themselves. */
const localCommands = ['serve', 'simulate', 'drill', 'mint', 'backup', 'restore', 'copy'];

/** A variable of a script that is not set must not turn to the database of this machine. */
const issuerGiven = (text: string): string => {
  if (text === '') throw new InvalidArgumentError('Expected an issuer, like https://id.example.com; found nothing.');
  return text;
};

export const addRemoteOption = (program: Command, terminal: Terminal): void => {
  program
    .option(
      '--remote <issuer>',
      'administer an issuer that runs elsewhere, such as on Workers; KEYTURN_ADMIN_TOKEN holds its token',
      issuerGiven,
    )
    .hook('preAction', async (_, command) => {
      const { remote } = program.opts<{ remote?: string }>();
      if (remote !== undefined) terminal.environment = { ...terminal.environment, KEYTURN_REMOTE: remote };
      if (!terminal.environment.KEYTURN_REMOTE || localCommands.includes(command.name())) return;
      await (await import('./remote.ts')).takeOverSettings(terminal);
    });
};
