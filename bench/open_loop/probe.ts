// Requests of one kind at a constant rate from a process of its own, so that the times are the server's and not those of a
// load beside it. A child process; one job a message, one answer each: milliseconds from when each was due, and how many
// were not answered with 200.
import { openLoop } from './open_loop.ts';

export interface ProbeJob {
  readonly port: number;
  readonly request: string;
  readonly connections: number;
  readonly perSecond: number;
  readonly seconds: number;
}

export interface ProbeAnswer {
  readonly milliseconds: readonly number[];
  readonly failed: number;
}

const kind = 'probe';

const probe = async ({ request, ...load }: ProbeJob): Promise<ProbeAnswer> => {
  const { milliseconds, statuses } = await openLoop({ ...load, next: () => ({ kind, request }) });
  const others = [...(statuses.get(kind) ?? [])].filter(([status]) => status !== 200);
  return { milliseconds: milliseconds.get(kind) ?? [], failed: others.reduce((sum, [, count]) => sum + count, 0) };
};

process.on('message', async (job: ProbeJob) => process.send?.(await probe(job)));
process.once('disconnect', () => process.exit());
