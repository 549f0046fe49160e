// What every entry does beside answering requests, whatever makes it begin: a timer on Node, a cron trigger on Workers.

import type { Config } from './config.ts';
import { OperatorError } from './errors.ts';
import { deliverLogouts } from './login/deliver_logouts.ts';
import type { Provider } from './provider.ts';
import type { Store } from './seams/store.ts';
import { afterlifeSecondsOf } from './status_lists/retention.ts';
import { auditTypesOfPeople } from './tokens/audit.ts';

/** @throws {OperatorError} where a resource has tokens that live longer than the configuration allows now. */
export const assertResourcesFit = async ({ policy }: Config, store: Store): Promise<void> => {
  for (const { resource, accessTokenSeconds } of await store.listResources())
    if (accessTokenSeconds > policy.maxTokenSeconds)
      throw new OperatorError(
        `The resource ${resource} has tokens of ${accessTokenSeconds} s, but KEYTURN_MAX_TOKEN_SECONDS is ${policy.maxTokenSeconds}. Raise the setting, or remove and add the resource with a shorter lifetime.`,
      );
};

/** The keys turn and sign without it: what could not be written now is written later, with the true instants. */
export const writeHistory = async ({ keyHistory, log }: Pick<Provider, 'keyHistory' | 'log'>): Promise<void> => {
  try {
    await keyHistory.refresh();
  } catch (error) {
    log.error({ reason: String(error) }, 'the key history could not be written');
  }
};

/** More than a verifier's time between two looks at which lists there are, and than a minute between two cron triggers. */
const prepareAheadSeconds = 120;

const prepareLists = async ({ store, places }: Provider): Promise<void> => {
  const listed = (await store.listResources()).filter(({ statusList }) => statusList);
  await places.prepare(
    listed.map(({ accessTokenSeconds }) => accessTokenSeconds),
    prepareAheadSeconds,
  );
};

const sweep = async ({ store, clock, config, revocations, keyRing }: Provider): Promise<void> => {
  const now = clock.now();
  // By a clock that is wrong all there is may have expired, of every node: what is deleted, no clock brings back.
  if (keyRing.unfit() !== undefined) return;
  const afterlifeSeconds = afterlifeSecondsOf(config.policy);
  const tokenSeconds = revocations.retentionSeconds();
  await store.removeExpired(now, now - Math.max(tokenSeconds, config.refreshRetrySeconds + afterlifeSeconds));
  await store.removeExpiredRevocations(now - afterlifeSeconds, now - tokenSeconds);
  if (config.auditSeconds > 0) await store.removeAudit(auditTypesOfPeople, now - config.auditSeconds);
};

export interface Chore {
  /** As told when it fails. */
  readonly what: string;
  readonly everySeconds: number;
  readonly work: (provider: Provider) => Promise<unknown>;
}

export const prepare: Chore = { what: 'making status lists', everySeconds: 10, work: prepareLists };
export const count: Chore = {
  what: 'counting who read the key set',
  everySeconds: 10,
  work: ({ keySetReaders }) => keySetReaders.flush(),
};
export const deliver: Chore = { what: 'back-channel logout', everySeconds: 2, work: deliverLogouts };

/** All of it, with how often where a timer may be had. */
export const chores: readonly Chore[] = [
  deliver,
  prepare,
  { what: 'deleting what expired', everySeconds: 60, work: sweep },
  count,
];

/** Does one, and tells the log where it fails. */
export const attempt = async ({ what, work }: Pick<Chore, 'what' | 'work'>, provider: Provider): Promise<void> => {
  try {
    await work(provider);
  } catch (error) {
    provider.log.error({ reason: String(error) }, `${what} failed`);
  }
};
