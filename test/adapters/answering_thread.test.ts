import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { askThread } from '../../src/adapters/answering_thread.ts';

const ask = (program: string): Promise<unknown> => askThread(new Worker(program, { eval: true }), 'anything');

test('what went wrong in a thread is told by the error of who asked it, as where no file could be opened any more', async () => {
  await expect(ask("throw Object.assign(new Error('too many open files'), { code: 'EMFILE' })")).rejects.toMatchObject({
    message: 'The thread ended before it answered: Error: too many open files.',
    cause: { code: 'EMFILE' },
  });
});

test('a thread that ends by itself is not waited for', async () => {
  await expect(ask('process.exit(0)')).rejects.toThrow('it said nothing');
});
