// Runs a program of commander's and turns whatever goes wrong into one clear line and an exit code: 1 for what the
// person at the terminal can put right, 2 for a command line that cannot be read, 70 for a bug of ours (sysexits.h).
import { Command, CommanderError } from 'commander';
import { RegistrationError } from '../client_registration/registration_error.ts';
import { OAuthError, OperatorError } from '../errors.ts';
import { KeyVaultError } from '../seams/key_vault.ts';
import { PasswordHasherBusyError } from '../seams/password_hasher.ts';
import { StoreUnavailableError } from '../seams/store.ts';
import { safeLines } from './safe_text.ts';
import { surroundingsComplaint } from './surroundings.ts';
import { type Terminal, warn } from './terminal.ts';

const usageError = 2;
const bug = 70;

/**
 * Commander gives an option whatever comes next: `keys revoke KID --reason --dry-run` would revoke, for the reason "--dry-run".
 * Whoever means that writes `--reason=--dry-run`.
 */
const assertValuesGiven = (command: Command, argv: readonly string[]): void => {
  const names: unknown[] = command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long, short }) => [long, short].filter((name) => name !== undefined));
  for (const option of command.options) {
    const value: unknown = command.getOptionValue(option.attributeName());
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (values.some((given) => names.includes(given) && !argv.includes(`${option.long}=${given}`)))
      command.error(`error: option '${option.flags}' argument missing`);
  }
};

/** An unknown option, or an argument too many where a kid may begin with a dash. */
const remoteTooLate = /^((?:unknown option|too many arguments) .*--remote(?![\w-]).*?)\.?$/m;

/** A program without commands. Those added to it inherit how errors are told. */
export const createProgram = (version: string, terminal: Terminal): Command =>
  new Command('keyturn')
    .version(version, '--version', 'print the version')
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.printError(text.trimEnd()),
      outputError: (text) =>
        warn(
          terminal,
          text
            .replace(/^error: /, '')
            .replace(remoteTooLate, '$1; --remote goes before the command, as in: keyturn --remote ISSUER keys list')
            .trimEnd(),
        ),
    })
    .showHelpAfterError('Add --help to see what is expected.')
    .exitOverride();

interface Failure {
  readonly exitCode: number;
  /** Undefined when commander has told it already. */
  readonly message?: string;
}

/** @param remote - whether the store is that of an issuer elsewhere. */
const unavailableInWords = (reason: string, remote: boolean): string =>
  remote
    ? `The issuer's database could not be used: ${reason}. What was to be changed may have been changed all the same. Look at what is there, then try again.`
    : `The database could not be used: ${reason}. Each change was made completely or not at all: look at what is there. Look for another process that holds the database, or a full disk, then try again.`;

const itsMessageSaysAll = [OperatorError, KeyVaultError, RegistrationError, PasswordHasherBusyError];

const failureOf = (error: unknown, { environment }: Terminal): Failure => {
  if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : usageError };
  const surroundings = surroundingsComplaint(error);
  if (surroundings !== undefined) return { exitCode: 1, message: surroundings };
  if (itsMessageSaysAll.some((kind) => error instanceof kind))
    return { exitCode: 1, message: (error as Error).message };
  if (error instanceof StoreUnavailableError)
    return { exitCode: 1, message: unavailableInWords(error.message, Boolean(environment.KEYTURN_REMOTE)) };
  if (error instanceof OAuthError) {
    const { cause } = error;
    return {
      exitCode: 1,
      message: `${error.failure.description}${typeof cause === 'string' ? ` Why: ${cause}.` : ''}`,
    };
  }
  const found = error instanceof Error ? error.message : String(error);
  return {
    exitCode: bug,
    message: `${found}. This is a bug in Keyturn: please report it with the command; KEYTURN_LOG_LEVEL=debug shows where it happened.`,
  };
};

const stackOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? `${error.stack}` : `${error.stack}\ncaused by ${stackOf(error.cause)}`;
};

const named = ({ commands }: Command, name: string): Command | undefined =>
  commands.find((command) => command.name() === name);

const isGroup = (command: Command | undefined): command is Command => (command?.commands.length ?? 0) > 0;

/**
 * `keyturn help keys revoke` as `keyturn keys help revoke`: the `help` of commander looks at one word. It takes no other for
 * a command: `help backup --json` would make a backup of the name "help". What is no command is run as one, and so refused
 * with its reason: the `help` of commander gives none.
 */
const askedHelp = (program: Command, argv: readonly string[]): readonly string[] => {
  const [node = '', script = '', first = '', second = '', ...rest] = argv;
  const ofGroup = second === 'help' && isGroup(named(program, first));
  if (first !== 'help' && !ofGroup) return argv;
  const [word = '', next = ''] = ofGroup ? [first, ...rest] : [second, ...rest];
  const group = named(program, word);
  const [parent, path, asked] = isGroup(group) && next !== '' ? [group, [word], next] : [program, [], word];
  if (asked === '' || asked.startsWith('-')) return argv;
  return named(parent, asked) ? [node, script, ...path, 'help', asked] : [node, script, ...path, asked];
};

/** @param argv - as in process.argv. */
export const run = async (program: Command, argv: readonly string[], terminal: Terminal): Promise<void> => {
  program.hook('preAction', (_, command) => assertValuesGiven(command, argv));
  try {
    await program.parseAsync([...askedHelp(program, argv)]);
  } catch (error) {
    const { exitCode, message } = failureOf(error, terminal);
    terminal.setExitCode(exitCode);
    if (message === undefined) return;
    warn(terminal, message);
    if (terminal.environment.KEYTURN_LOG_LEVEL === 'debug') terminal.printError(safeLines(stackOf(error)));
  }
};
