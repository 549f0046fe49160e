// The command line, run by launch.js: a table of contents. Each group of commands has its file in src/cli.
import { readFileSync } from 'node:fs';
import { addAudit } from './cli/audit.ts';
import { addClients } from './cli/clients.ts';
import { addDatabases } from './cli/databases.ts';
import { addDoctor } from './cli/doctor.ts';
import { addKeys } from './cli/keys.ts';
import { addRemoteOption } from './cli/remote_option.ts';
import { addResources } from './cli/resources.ts';
import { createProgram, run } from './cli/run.ts';
import { addServe } from './cli/serve_command.ts';
import { addSimulate } from './cli/simulate_command.ts';
import { processTerminal } from './cli/terminal.ts';
import { addToken } from './cli/token.ts';
import { addUsers } from './cli/users.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const terminal = processTerminal();
const program = createProgram(version, terminal).description(
  'An identity provider whose signing keys turn over by themselves. Configured by KEYTURN_ environment variables: docs/configuration.md.',
);

addRemoteOption(program, terminal);
addServe(program, terminal);
addKeys(program, terminal);
addClients(program, terminal);
addResources(program, terminal);
addUsers(program, terminal);
addToken(program, terminal);
addAudit(program, terminal);
addDatabases(program, terminal);
addDoctor(program, terminal);
addSimulate(program, terminal);

await run(program, process.argv, terminal);
