// What is done to the issuers while tokens flow: turns by hand, a compromise, SIGKILL, and the machine's clock set and
// set back. One act after another, round and round.
import { setTimeout as wait } from 'node:timers/promises';
import type { RotationPolicy } from '../../src/keys/timing.ts';
import { type SigningAlgorithm, signingAlgorithms } from '../../src/seams/signer.ts';
import type { SigningKeyRecord } from '../../src/seams/signing_key_store.ts';
import type { Store } from '../../src/seams/store.ts';
import type { Token } from '../flows/verifiers.ts';
import type { MachineClock } from '../machine_clock.ts';
import type { Library } from './libraries.ts';
import { type IssuerProcess, runKeyturn, startIssuer } from './processes.ts';
import type { Watch } from './watch.ts';

export interface OperatorParts {
  readonly store: Store;
  readonly environment: Readonly<Record<string, string>>;
  /** Replaced in place where a process was killed. */
  readonly issuers: IssuerProcess[];
  /** By place in `issuers`; the same one where they share a machine. */
  readonly clocks: readonly MachineClock[];
  /** One of them may be paused, or have a wrong clock, while the others go on. */
  readonly haveMachinesOfTheirOwn: boolean;
  readonly libraries: readonly Library[];
  readonly watch: Watch;
  readonly policy: RotationPolicy;
}

export interface Operator {
  /** No act takes longer. */
  readonly longestRoundSeconds: number;
  /** Until both rings have a standby old enough to sign. */
  untilSettled(): Promise<void>;
  nextAct(): Promise<void>;
  /** What was done, how often. */
  acts(): readonly string[];
  /** By library: how soon after the revocations it refused the keys, and the bound, in words. */
  refusedAfter(library: string): string;
  failures(): readonly string[];
}

interface RevokeAnswer {
  readonly revoked_at: number;
  readonly exposure: readonly {
    readonly verifier: string;
    readonly cache_seconds: number | null;
    readonly accepted_until: number | null;
  }[];
}

const now = (): number => Date.now() / 1000;
const pollMilliseconds = 150;
/** Instants are whole seconds, and a library is asked a few times a second. */
const roundingSeconds = 1.3;

export const createOperator = (parts: OperatorParts): Operator => {
  const { store, environment, issuers, clocks, haveMachinesOfTheirOwn, libraries, watch, policy } = parts;
  const [machineClock] = clocks as readonly [MachineClock];
  const failures: string[] = [];
  const done = new Map<string, number>();
  /** By library: how long each revoked key was taken, and the bound. */
  const takenFor = new Map<string, { readonly seconds: number; readonly bound: number }[]>();

  const ring = async (alg: SigningAlgorithm): Promise<readonly SigningKeyRecord[]> =>
    (await store.readSigningKeys()).keys
      .filter((key) => key.alg === alg && key.revokedAt === null)
      .sort((left, right) => left.activatesAt - right.activatesAt);
  const active = async (alg: SigningAlgorithm): Promise<SigningKeyRecord | undefined> =>
    (await ring(alg)).findLast(({ activatesAt }) => activatesAt <= now());
  const untilStandbyIsOld = async (alg: SigningAlgorithm): Promise<void> => {
    for (;;) {
      const standby = (await ring(alg)).find(({ activatesAt }) => activatesAt > now());
      // Not right before its own turn, which the command would come too late for.
      if (standby && standby.publishedAt + policy.leadSeconds + 1 < now() && standby.activatesAt > now() + 2) return;
      await wait(pollMilliseconds);
    }
  };

  const rotate = async (alg: SigningAlgorithm): Promise<void> => {
    await untilStandbyIsOld(alg);
    watch.note(`keys rotate --alg ${alg}`);
    await runKeyturn(['keys', 'rotate', '--alg', alg], environment).catch((error: unknown) =>
      watch.note(`  was refused: ${error instanceof Error ? error.message : error}`),
    );
  };

  const boundOf = ({ exposure }: RevokeAnswer, library: Library): number =>
    Math.max(
      ...exposure
        .filter(({ verifier, cache_seconds: seconds }) =>
          library.exposure === 'fixed_cache'
            ? verifier === 'fixed_cache' && seconds === policy.slowestVerifierSeconds
            : verifier === library.exposure,
        )
        .map(({ accepted_until: until }) => until ?? Number.POSITIVE_INFINITY),
    );
  /** Shows a library tokens by the revoked key until it refuses them. */
  const measure = async (library: Library, token: Token, revokedAt: number, bound: number): Promise<void> => {
    const isTaken = (): Promise<boolean> =>
      library.verify(token, false).then(
        () => true,
        () => false,
      );
    let lastTaken = revokedAt;
    while (now() < bound + 5) {
      const asked = now();
      if (await isTaken()) lastTaken = asked;
      await wait(pollMilliseconds);
    }
    const [after, allowed] = [lastTaken - revokedAt, bound - revokedAt];
    takenFor.set(library.name, [...(takenFor.get(library.name) ?? []), { seconds: after, bound: allowed }]);
    if (after > allowed + roundingSeconds)
      failures.push(`${library.name} took the revoked key ${after.toFixed(1)} s after, and the bound is ${allowed} s`);
  };
  const compromise = async (alg: SigningAlgorithm): Promise<void> => {
    await untilStandbyIsOld(alg);
    const key = await active(alg);
    const token = key && watch.latest.get(key.kid);
    if (token === undefined) return compromise(alg);
    watch.revoked(token.kid);
    const answer = (await runKeyturn(['keys', 'revoke', token.kid, '--reason', 'a run'], environment)) as RevokeAnswer;
    watch.note(`keys revoke ${token.kid.slice(0, 8)}, ${alg}`);
    await Promise.all(libraries.map((library) => measure(library, token, answer.revoked_at, boundOf(answer, library))));
  };

  const kill = async (): Promise<void> => {
    const place = (done.get('SIGKILL') ?? 0) % issuers.length;
    const killed = issuers[place] as IssuerProcess;
    watch.note(`SIGKILL for ${killed.name}`);
    await killed.kill('SIGKILL');
    await wait(1500);
    issuers[place] = await startIssuer(killed.name, { ...environment, ...clocks[place]?.environment });
    watch.note(`${killed.name} is back`);
  };

  const setClock = async (): Promise<void> => {
    const seconds = (done.get('clock set') ?? 0) % 2 === 0 ? policy.clockErrorSeconds : -policy.clockErrorSeconds;
    if (!(await machineClock.setOffBy(seconds)))
      return watch.note('NOT RUN: setting the clock needs libfaketime (apt-get install faketime)');
    watch.note(`the issuers' clock is set by ${seconds} s`);
    await wait(6000);
    await machineClock.setOffBy(0);
    watch.note("the issuers' clock is set back");
    await wait(1000);
  };

  /** Longer than P: what it last saw must not sign any more. */
  const pause = async (): Promise<void> => {
    const { name, child } = issuers[(done.get('paused') ?? 0) % issuers.length] as IssuerProcess;
    watch.note(`SIGSTOP for ${name}`);
    child.kill('SIGSTOP');
    await wait((policy.snapshotSeconds + 3) * 1000);
    child.kill('SIGCONT');
    watch.note(`${name} goes on`);
    await wait(1000);
  };

  /** Far more than E: it must not sign at all. */
  const skew = async (): Promise<void> => {
    const times = done.get('clock of one wrong') ?? 0;
    const place = times % issuers.length;
    const seconds = times % 2 === 0 ? 20 : -20;
    if (!(await clocks[place]?.setOffBy(seconds)))
      return watch.note('NOT RUN: setting the clock needs libfaketime (apt-get install faketime)');
    const { name, port } = issuers[place] as IssuerProcess;
    watch.note(`the clock of ${name} is set by ${seconds} s`);
    await wait(4000);
    const { status } = await fetch(`http://127.0.0.1:${port}/health/ready`);
    if (status !== 503) failures.push(`${name} is ready (${status}) with a clock that is ${seconds} s off`);
    await clocks[place]?.setOffBy(0);
    watch.note(`the clock of ${name} is right again`);
    await wait(2000);
  };

  const ofMachines = haveMachinesOfTheirOwn
    ? [
        { name: 'paused', act: pause },
        { name: 'clock of one wrong', act: skew },
      ]
    : [{ name: 'clock set', act: setClock }];
  const acts = [
    { name: 'SIGKILL', act: kill },
    { name: 'turn by hand', act: () => rotate('RS256') },
    ...ofMachines,
    { name: 'compromise', act: () => compromise('ES256') },
    { name: 'turn by hand', act: () => rotate('ES256') },
    { name: 'SIGKILL', act: kill },
    { name: 'compromise', act: () => compromise('RS256') },
    ...ofMachines,
  ];
  let turn = 0;
  return {
    longestRoundSeconds: 2 * policy.periodSeconds + policy.leadSeconds + 8,
    untilSettled: async () => {
      for (const alg of signingAlgorithms) await untilStandbyIsOld(alg);
    },
    nextAct: async () => {
      const { name, act } = acts[turn % acts.length] as (typeof acts)[number];
      turn += 1;
      await act();
      done.set(name, (done.get(name) ?? 0) + 1);
      await wait(500);
    },
    acts: () => [...done].map(([name, times]) => `${name} ${times}x`),
    refusedAfter: (library) => {
      const taken = takenFor.get(library) ?? [];
      const seconds = taken.map((one) => one.seconds);
      if (taken.length === 0) return 'none revoked';
      const bounds = [...new Set(taken.map(({ bound }) => bound))].join(' or ');
      return `${taken.length} revoked keys refused after ${Math.min(...seconds).toFixed(1)} to ${Math.max(...seconds).toFixed(1)} s, bound ${bounds} s`;
    },
    failures: () => failures,
  };
};
