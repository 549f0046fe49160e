// Pastes the blocks of a page into a shell beside a running server, as a reader would, in a folder of its own.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../free_port.ts';
import { outcomeOf, type Running, start, until } from '../running_server.ts';
import { type FencedBlock, wordOf } from './fenced_blocks.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const launcher = join(root, 'src', 'launch.js');
const writtenIssuer = 'http://localhost:3000';
/** `keyturn/verifier` is what is in src, whether or not it was built. */
const fromSource = { NODE_OPTIONS: '--conditions=keyturn-source' };

/** Where the pages' own services listen. */
const writtenPort = '8080';

const pythons = ['python3', '/usr/bin/python3'];

/** A Python that has PyJWT and what it needs for ES256. */
const pythonWithPyjwt = pythons.find(
  (python) => spawnSync(python, ['-c', 'import jwt, cryptography'], { timeout: 10_000 }).status === 0,
);

/** What a block can need that a machine may lack. */
export const installed: Readonly<Record<string, boolean>> = { pyjwt: pythonWithPyjwt !== undefined };

/** Stand-ins for what is slow (npx, npm) and nothing else; CI runs the real ones. */
export const prelude = `
npm() { if [ "$1" = start ]; then exec "${process.execPath}" "${launcher}" serve; fi; }
npx() { shift; "${process.execPath}" "${launcher}" "$@"; }
python3() { command "${pythonWithPyjwt ?? 'python3'}" "$@"; }
trap 'kill $(jobs -p) 2> /dev/null || true' EXIT
set -eo pipefail
`;

export interface Pasted {
  readonly block: FencedBlock;
  /** Undefined when an earlier block ended the shell. */
  readonly exitCode: number | undefined;
  readonly printed: string;
}

export interface Section {
  readonly serve: FencedBlock;
  readonly blocks: readonly FencedBlock[];
}

/** The blocks of a page from each `serve` to the next. */
export const sectionsOf = (blocks: readonly FencedBlock[]): readonly Section[] => {
  const starts = blocks.flatMap((block, at) => (block.words.includes('serve') ? [at] : []));
  return starts.map((at, place) => ({
    serve: blocks[at] as FencedBlock,
    blocks: blocks.slice(at + 1, starts[place + 1]),
  }));
};

const isRun = (block: FencedBlock): boolean => {
  const needs = wordOf(block, 'needs');
  return block.words.includes('run') && (needs === undefined || installed[needs] === true);
};

/** A command that must fail is kept from ending the shell. */
const pasteOf = (block: FencedBlock, at: number): string => {
  const paste = `source ./pasted/${at}.sh > ./pasted/${at}.printed 2>&1 < /dev/null`;
  if (!block.words.includes('fails')) return `${paste}\necho 0 > ./pasted/${at}.code`;
  return `set +e\n${paste}\necho $? > ./pasted/${at}.code\nset -e`;
};

const readOr = (path: string, otherwise: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : otherwise);

/** The packages of this repository, and Keyturn itself, as a reader has them who installed it. */
const installPackages = (folder: string): void => {
  const packages = join(folder, 'node_modules');
  if (existsSync(packages)) return;
  mkdirSync(packages);
  for (const name of readdirSync(join(root, 'node_modules')))
    symlinkSync(join(root, 'node_modules', name), join(packages, name));
  symlinkSync(root, join(packages, 'keyturn'));
};

export interface SectionOutcome {
  readonly served: string;
  readonly pasted: readonly Pasted[];
}

const listening = async (server: Running): Promise<void> => {
  await until('the server listens', () => (server.stdout().includes('"msg":"listening"') ? true : undefined));
};

const without = (commands: readonly string[]): string =>
  commands.map((command) => `${command}() { echo '${command}: command not found' >&2; return 127; }\n`).join('');

/**
 * @param folder - an empty folder; the pages' files, database and ring of keys land there.
 * @param absent - commands that the reader's machine does not have.
 * @returns what the server and each `run` block printed; the issuer's port is written back to 3000.
 */
export const pasteSection = async (
  section: Section,
  folder: string,
  absent: readonly string[] = [],
): Promise<SectionOutcome> => {
  const issuer = `http://localhost:${await freePort()}`;
  const port = `${await freePort()}`;
  const rewrite = (text: string): string => text.replaceAll(writtenIssuer, issuer).replaceAll(writtenPort, port);
  const writeBack = (text: string): string => text.replaceAll(issuer, writtenIssuer).replaceAll(port, writtenPort);
  mkdirSync(join(folder, 'pasted'), { recursive: true });
  installPackages(folder);
  const bash = (script: string): Running =>
    start('bash', ['-c', prelude + without(absent) + script], resolve(folder), {
      KEYTURN_ISSUER: issuer,
      ...fromSource,
    });

  const server = bash(rewrite(section.serve.text));
  try {
    await listening(server);
    const runs = section.blocks.filter(isRun);
    for (const block of section.blocks) {
      const file = wordOf(block, 'file');
      if (file === undefined) continue;
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), rewrite(block.text));
    }
    for (const [at, block] of runs.entries()) writeFileSync(join(folder, 'pasted', `${at}.sh`), rewrite(block.text));
    const { code: ended, signal, stderr } = await outcomeOf(bash(runs.map(pasteOf).join('\n')));
    const pasted = runs.map((block, at) => {
      const code = readOr(join(folder, 'pasted', `${at}.code`), '').trim();
      const told = code === '' ? `The shell ended with ${signal ?? ended} in this block or before it. ${stderr}` : '';
      const printed = writeBack(readOr(join(folder, 'pasted', `${at}.printed`), '') + told);
      return { block, exitCode: code === '' ? undefined : Number(code), printed };
    });
    return { served: writeBack(server.stdout()), pasted };
  } finally {
    server.child.kill('SIGTERM');
    await server.ended;
  }
};
