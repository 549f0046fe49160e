// Declares `keyturn serve`; serve.ts does it.
import type { Command } from 'commander';
import { type Terminal, warn } from './terminal.ts';

export const addServe = (program: Command, terminal: Terminal): void => {
  program
    .command('serve')
    .description('Start the server; its log goes to standard output, one JSON record a line')
    .addHelpText('after', '\nExample:\n  KEYTURN_ISSUER=http://localhost:3000 npx keyturn serve')
    .action(async () => {
      const { isSharingProcess } = await import('../adapters/node_cluster.ts');
      const { readConfig } = await import('../config.ts');
      const { unknownSettingComplaints } = await import('./unknown_settings.ts');
      const { assertNotRemote } = await import('./remote.ts');
      // Several processes would all say the same.
      for (const complaint of isSharingProcess() ? [] : unknownSettingComplaints(terminal.environment))
        warn(terminal, complaint);
      const config = readConfig(terminal.environment);
      assertNotRemote(config, 'serve');
      // Half of the start is reading what serves: whoever may not start is told without it.
      const { serve } = await import('./serve.ts');
      await serve(config, program.version() ?? 'unknown');
    });
};
