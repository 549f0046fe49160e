// `keyturn doctor`: looks at everything, changes nothing, says in words what is good and what is not.
import type { Command } from 'commander';
import { addCommand } from './add_command.ts';
import type { Terminal } from './terminal.ts';

export const addDoctor = (program: Command, terminal: Terminal): void => {
  addCommand(program, 'doctor', {
    about: 'Check configuration, database, keys and registrations, and change nothing',
    examples: ['doctor', 'doctor --json'],
    notes: 'Exit code 1 when something is wrong; advice alone leaves it 0.',
  }).action(async (options) => (await import('./examine.ts')).examine(options, terminal));
};
