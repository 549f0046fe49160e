#!/usr/bin/env node
// The `keyturn` executable: finds a Node that runs TypeScript as it is (24 or newer) and hands over to cli.ts.
// Plain JavaScript, because it must be readable by the old Node it complains about.
import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const needed = 24;
const isRecent = (version) => Number(version.split('.')[0]) >= needed;

const packagedNode = () => {
  try {
    return createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/bin/node`);
  } catch {
    return undefined;
  }
};

/** As what it handed over to: whoever started this process knows no other. */
const endAs = (code, signal) => {
  if (signal !== null) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }
  // An older Node that cannot restore the mode of a terminal, because that was closed, aborts.
  for (const descriptor of [0, 1, 2]) {
    try {
      closeSync(descriptor);
    } catch {
      // What could not be written was the other process's.
    }
  }
  // The first process of a container takes few signals from itself.
  process.exit(code ?? 128 + constants.signals[signal]);
};

const unreadable = 'Let this user read all of its folder, and run "npm ci" there if something is missing.';
const adviceByCode = {
  EACCES: unreadable,
  ENOENT: unreadable,
  ERR_MODULE_NOT_FOUND: unreadable,
  ERR_INVALID_PACKAGE_CONFIG: unreadable,
  EMFILE: 'Allow this process to open more files: "ulimit -n 1024" in a shell, LimitNOFILE of systemd.',
};

/** Of what every command needs. What happens once cli.ts is loaded, it tells itself. */
const endUnloaded = (error) => {
  const advice = adviceByCode[error?.code];
  if (advice === undefined) throw error;
  process.stderr.write(`keyturn: Keyturn could not be loaded (${error.message.split('\n', 1)[0]}). ${advice}\n`);
  process.exit(1);
};

const load = async () => {
  const { keepCompiled } = await import('./launch/compile_cache.js');
  keepCompiled();
  await import('./launch/quick_resolution.ts');
  await import('./cli.ts');
};

if (isRecent(process.versions.node)) {
  await load().catch(endUnloaded);
} else {
  const node = packagedNode();
  if (node === undefined) {
    process.stderr.write(
      `keyturn: this is Node ${process.versions.node}; Keyturn needs Node ${needed} or newer. ` +
        `Run "npm ci" in the project (on Linux it brings Node ${needed} along), or install Node ${needed} and try again.\n`,
    );
    process.exit(1);
  }
  const launcher = fileURLToPath(import.meta.url);
  // The terminal sends SIGINT to both; SIGTERM reaches this process alone, and the server must drain. Of SIGHUP it takes any
  // number. Listened to beforehand: whoever ends this process while it spawns would leave the server behind.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const child = spawn(node, [launcher, ...process.argv.slice(2)], { stdio: 'inherit' });
  child.on('error', ({ code }) => {
    process.stderr.write(
      `keyturn: ${node} could not be run (${code}). It is for Linux with glibc 2.28 or newer, in a folder that programs may ` +
        `be run from. Elsewhere install Node ${needed}, and start Keyturn with that: node src/launch.js\n`,
    );
    process.exit(1);
  });
  child.on('exit', endAs);
}
