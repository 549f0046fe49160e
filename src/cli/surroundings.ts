// What this machine or installation does not give, and no command can make up for: files that may be opened, native parts,
// Keyturn's own files, a folder to work in.
import { fileURLToPath } from 'node:url';

const codeOf = (error: Error): unknown => ('code' in error ? error.code : undefined);

const tooFewFiles = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined;
  const code = codeOf(error);
  if (code !== 'EMFILE' && code !== 'ENFILE') return tooFewFiles(error.cause);
  return `Too few files may be open at once (${code}). Allow this process more and try again: "ulimit -n 1024" in a shell, LimitNOFILE of systemd.`;
};

/** What the loader, better-sqlite3 and @node-rs say where their native part is not there, or is of another system. */
const nativePartMissing = /^Cannot find (?:native binding|module '[^']*\.node')/;

const nativePart = (error: Error): string | undefined => {
  const found =
    codeOf(error) === 'ERR_DLOPEN_FAILED'
      ? error.message.split('\n', 1)[0]
      : nativePartMissing.exec(error.message)?.[0];
  if (found === undefined) return undefined;
  return `A native part could not be loaded (${found}). Run "npm ci" on this machine: node_modules of another system does not do. On Linux that is x64 or arm64, with glibc 2.34 or newer.`;
};

const installation = fileURLToPath(new URL('../..', import.meta.url));

/** A command's own file is read when it is run. launch.js tells what all of them need. */
const ownFile = (error: Error): string | undefined => {
  const isOwn = 'path' in error && String(error.path).startsWith(installation);
  if (!isOwn && codeOf(error) !== 'ERR_MODULE_NOT_FOUND') return undefined;
  return `A file of Keyturn could not be read (${error.message.split('\n', 1)[0]}). Let this user read all of ${installation}, and run "npm ci" there if something is missing.`;
};

const noFolder = (error: Error): string | undefined =>
  'syscall' in error && error.syscall === 'uv_cwd'
    ? 'The folder this was started in is no more, or this user may not be in it. Change to another and try again.'
    : undefined;

/** @returns what happened and what to do, in words; undefined where the machine has no part in it. */
export const surroundingsComplaint = (error: unknown): string | undefined =>
  tooFewFiles(error) ?? (error instanceof Error ? (nativePart(error) ?? ownFile(error) ?? noFolder(error)) : undefined);
