// Preloaded (node --import) into a server under test: at SIGUSR2 its event loop stands still for as long as the file
// STALL_FILE is there.
import { existsSync } from 'node:fs';

const pollMilliseconds = 20;
const file = process.env.STALL_FILE ?? '';

process.on('SIGUSR2', () => {
  while (existsSync(file)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pollMilliseconds);
});
