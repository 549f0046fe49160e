// The load of a flow: some workers, each at the next run as soon as the one before is done. A child process like load.ts.
import { runCodeFlow } from './flows/code.ts';
import type { Flow, RefreshFlow, Send, SignInFlow } from './flows/flow.ts';
import { refreshOnce } from './flows/refresh.ts';
import { createSend, patient } from './flows/send.ts';
import { signInOnce } from './flows/sign_in.ts';
import type { LoadAnswer } from './load.ts';
import { type LoadWindow, measureWindow } from './load_window.ts';
import type { Measurement } from './measure.ts';

/** Where there is a Postgres, 503 is taken for what it says, try again. */
export interface FlowJob extends LoadWindow {
  readonly flow: Flow;
  readonly workers: number;
}

/** Where each chain has got to, for the next round goes on with it. By the first token of the chain. */
const chains = new Map<string, string>();

const refreshChain = (flow: RefreshFlow, worker: number, send: Send) => async (): Promise<void> => {
  const first = flow.refreshTokens[worker];
  if (first === undefined) throw new Error(`There is no refresh token for worker ${worker}.`);
  const answer = await refreshOnce(flow, chains.get(first) ?? first, send);
  chains.set(first, answer.refresh_token);
};

/** How many have signed in at each issuer, so that the next round goes on with others. */
const signIns = new Map<string, number>();

const nextSignIn = (flow: SignInFlow, send: Send) => (): Promise<void> => {
  const nth = signIns.get(flow.issuer) ?? 0;
  signIns.set(flow.issuer, nth + 1);
  return signInOnce(flow, nth, send);
};

const runOf = (flow: Flow, worker: number, send: Send): (() => Promise<unknown>) => {
  if (flow.kind === 'refresh') return refreshChain(flow, worker, send);
  return flow.kind === 'code' ? () => runCodeFlow(flow, send) : nextSignIn(flow, send);
};

const applyLoad = async (job: FlowJob): Promise<LoadAnswer> => {
  const { flow, postmaster, workers } = job;
  const send = postmaster === undefined ? createSend(workers) : patient(createSend(workers));
  let [answers, stopped] = [0, false];
  const work = async (worker: number): Promise<void> => {
    const run = runOf(flow, worker, send);
    while (!stopped) {
      await run();
      answers += 1;
    }
  };
  const measuring = async (): Promise<Measurement> => {
    const measured = await measureWindow(job, () => answers);
    stopped = true;
    return measured;
  };
  try {
    const [measured] = await Promise.all([
      measuring(),
      ...Array.from({ length: workers }, (_, worker) => work(worker)),
    ]);
    return measured;
  } catch (error) {
    return { complaint: String(error) };
  }
};

process.on('message', async (job: FlowJob) => process.send?.(await applyLoad(job)));
process.once('disconnect', () => process.exit());
