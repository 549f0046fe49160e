// The floor under every issuer: the bare primitive, sync crypto.sign in a loop on one thread, nothing around it.
// A child process like the servers; a job is an algorithm and how long.
import { generateKeyPairSync, sign } from 'node:crypto';
import type { SigningAlgorithm } from '../src/seams/signer.ts';
import { ownCpuSeconds } from './cpu_time.ts';
import type { Measurement } from './measure.ts';

export interface SignJob {
  readonly alg: SigningAlgorithm;
  readonly signingInputBytes: number;
  readonly seconds: number;
}

const keys = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
};

const between = 16;

const signInLoop = ({ alg, signingInputBytes, seconds }: SignJob): Measurement => {
  const key = keys[alg];
  const signingInput = Buffer.alloc(signingInputBytes, 'a');
  const cpuBefore = ownCpuSeconds();
  const started = performance.now();
  let answers = 0;
  while (performance.now() - started < seconds * 1000) {
    for (let turn = 0; turn < between; turn += 1) sign('sha256', signingInput, key);
    answers += between;
  }
  return { answers, seconds: (performance.now() - started) / 1000, cpuSeconds: ownCpuSeconds() - cpuBefore };
};

process.on('message', (job: SignJob) => process.send?.(signInLoop(job)));
process.once('disconnect', () => process.exit());
