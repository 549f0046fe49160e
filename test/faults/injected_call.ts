// Lets system calls of a running process fail, by strace.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** Whether strace is installed and may trace here. */
export const canInject = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;

const tracers = new Set<ChildProcess>();
process.once('exit', () => {
  for (const tracer of tracers) tracer.kill('SIGKILL');
});

export interface Injection {
  /** Calls go through again. */
  lift(): Promise<void>;
}

/**
 * @param calls - as `fsync,fdatasync`.
 * @param what - as `error=EIO` or `signal=KILL:when=3`.
 * @param path - only calls on this file.
 */
export const inject = async (pid: number, calls: string, what: string, path?: string): Promise<Injection> => {
  const only = path === undefined ? [] : ['-P', path];
  const args = [
    '-f',
    '-p',
    `${pid}`,
    '-o',
    '/dev/null',
    ...only,
    '-e',
    `trace=${calls}`,
    '-e',
    `inject=${calls}:${what}`,
  ];
  const tracer: ChildProcess = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(tracer, 'exit');
  tracers.add(tracer);
  tracer.once('exit', () => tracers.delete(tracer));
  let said = '';
  await new Promise<void>((attached, failed) => {
    tracer.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (/Process \d+ attached/.test(said)) attached();
    });
    ended.then(() => failed(new Error(`strace ended: ${said}`)));
  });
  return {
    lift: async () => {
      tracer.kill('SIGINT');
      await ended;
    },
  };
};
