// Declares `keyturn simulate`.
import type { Command } from 'commander';
import { addCommand } from './add_command.ts';
import { wholeNumber } from './option_values.ts';
import type { Terminal } from './terminal.ts';

export const addSimulate = (program: Command, terminal: Terminal): void => {
  addCommand(program, 'simulate', {
    about: 'Turn keys for months of virtual time among clocks, caches and crashes, and count tokens refused',
    examples: ['simulate --quick', 'simulate --scenario "lead without" --seed 7'],
    notes:
      'Reads no setting and touches no database: the code that turns your keys turns paper ones. The whole table of ' +
      'docs/rotation-proof.md takes a few minutes. Exit code 1 when a good token was refused although the rules promise ' +
      'otherwise; the shortest way to get there is printed.',
  })
    .option('--scenario <text>', 'the scenarios with this in their names')
    .option('--seed <number>', 'another random seed than that of the table', wholeNumber(0, 2_000_000_000))
    .option('--quick', 'the short form: the scenarios that take seconds')
    .option('--check <page>', 'fail unless the page has these rows to the digit')
    .action(async (options) => (await import('./simulate.ts')).simulate(options, terminal));
};
