// The machine's own Node, which may be older and strips no types, and the one that runs the tests.
import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

export const quiet: ExecFileSyncOptionsWithStringEncoding = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] };

export const nodes: readonly string[] = [process.execPath, '/usr/bin/node', '/usr/local/bin/node'].filter(
  (node) =>
    existsSync(node) && execFileSync(node, ['-p', 'typeof process.getBuiltinModule'], quiet).trim() === 'function',
);
