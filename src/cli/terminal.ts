// What a command sees of the world: environment, clock and the standard streams. Answers go to standard output,
// warnings to standard error.
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { systemClock } from '../adapters/system_clock.ts';
import type { Environment } from '../config.ts';
import { OperatorError } from '../errors.ts';
import type { Clock } from '../seams/clock.ts';
import { safeJson, safeLines } from './safe_text.ts';

export interface Terminal {
  /** Taken over in part from the issuer that is administered, where that is another machine's. */
  environment: Environment;
  readonly clock: Clock;
  /** How wide a drawing may be, in characters. */
  readonly columns: number;
  /** Whether standard output takes ANSI colours. */
  readonly colour: boolean;
  /** A line, or several, to standard output. */
  print(text: string): void;
  /** The same to standard error. */
  printError(text: string): void;
  /** All of standard input. @throws {OperatorError} when it is longer than any input a command takes. */
  readInput(): Promise<string>;
  /** Asks for a line without showing what is typed. Absent where nobody can be asked. @throws {OperatorError} for Ctrl-C or Ctrl-D. */
  promptHidden?(question: string): Promise<string>;
  setExitCode(code: number): void;
}

const mostInputBytes = 1024 * 1024;
const mostColumns = 100;

const readAll = async (input: AsyncIterable<Buffer>): Promise<string> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    bytes += chunk.length;
    if (bytes > mostInputBytes)
      throw new OperatorError(`Standard input is longer than ${mostInputBytes} bytes. Check what is piped in.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

/** The line editor works as ever, but what it would echo goes nowhere. */
const promptHidden = async (question: string): Promise<string> => {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  const abandoned = new Promise<never>((_, reject) => {
    lines.once('close', () => reject(new OperatorError('Nothing was typed; nothing was changed.')));
  });
  process.stderr.write(question);
  try {
    return await Promise.race([lines.question(''), abandoned]);
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
};

/** A reader that has seen enough (`| head`) closes the pipe; that is no failure. A full disk is one. */
const endWithTheReader = ({ code }: NodeJS.ErrnoException): void => {
  if (code === 'EPIPE') process.exit();
  process.stderr.write(
    `keyturn: Standard output could not be written to (${code}), so the answer is lost; what the command did stays done. Send it elsewhere.\n`,
  );
  process.exit(1);
};

export const processTerminal = (): Terminal => {
  const { env, stdout, stderr, stdin } = process;
  stdout.on('error', endWithTheReader);
  // There is nowhere left to tell it; what the command does and its exit code stay the same.
  stderr.on('error', () => undefined);
  return {
    environment: env,
    clock: systemClock,
    columns: Math.min(stdout.columns || 80, mostColumns),
    colour: stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb',
    print: (text) => {
      stdout.write(`${text}\n`);
    },
    printError: (text) => {
      stderr.write(`${text}\n`);
    },
    readInput: () => readAll(stdin),
    ...(stdin.isTTY && stderr.isTTY && { promptHidden }),
    setExitCode: (code) => {
      process.exitCode = code;
    },
  };
};

/** Something worth knowing that is not the answer. It may quote what was typed, a file or a server. */
export const warn = (terminal: Terminal, text: string): void => terminal.printError(`keyturn: ${safeLines(text)}`);

/** What every command takes. */
export interface AnswerOptions {
  readonly json?: boolean;
}

/** Prints the answer once: as one JSON document, or in words. */
export const answer = (terminal: Terminal, { json }: AnswerOptions, document: object, words: string): void =>
  terminal.print(json ? safeJson(document) : words);
