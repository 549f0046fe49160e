// One verifier in a process of its own: told what to verify, then for how long, again and again.
import { ownCpuSeconds } from './cpu_time.ts';
import type { Measurement } from './measure.ts';
import { setUps, type VerifyScene } from './verifiers.ts';

export interface VerifyJob {
  readonly seconds: number;
}

const [, , name = ''] = process.argv;
const between = 16;

const measure = async (verifyAt: (at: number) => unknown, tokens: number, seconds: number): Promise<Measurement> => {
  const cpuBefore = ownCpuSeconds();
  const started = performance.now();
  let answers = 0;
  while (performance.now() - started < seconds * 1000) {
    for (let turn = 0; turn < between; turn += 1) {
      const verified = verifyAt((answers + turn) % tokens);
      if (verified instanceof Promise) await verified;
    }
    answers += between;
  }
  return { answers, seconds: (performance.now() - started) / 1000, cpuSeconds: ownCpuSeconds() - cpuBefore };
};

/** A verifier that refuses nothing would win. */
const assertRefuses = async (scene: VerifyScene): Promise<void> => {
  const setUp = setUps[name];
  if (setUp === undefined) throw new Error(`there is no verifier ${name}`);
  const forged = scene.tokens.map((token) => `${token.slice(0, -8)}AAAAAAAA`);
  const verifyAt = await setUp({ ...scene, tokens: forged });
  const accepted = await Promise.resolve()
    .then(() => verifyAt(0))
    .then(
      () => true,
      () => false,
    );
  if (accepted) throw new Error(`${name} accepts a forged token`);
};

process.once('message', async (scene: VerifyScene) => {
  await assertRefuses(scene);
  const verifyAt = await (setUps[name] as (typeof setUps)[string])(scene);
  await verifyAt(0);
  process.on('message', async ({ seconds }: VerifyJob) => {
    process.send?.(await measure(verifyAt, scene.tokens.length, seconds));
  });
  process.send?.({ ready: true });
});
process.once('disconnect', () => process.exit());
