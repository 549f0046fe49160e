// One isolate of a Worker between its requests: no timer runs there, so what Node does by one is done when a request
// comes, or a cron trigger. It knows no Cloudflare type; worker.ts hands in what it takes of the runtime.
import { createApp } from './app.ts';
import type { AppEnvironment } from './endpoints/endpoint.ts';
import { basePathOf, type EndpointName, operatorPaths, paths } from './endpoints/paths.ts';
import { attempt, type Chore, chores, count, deliver, writeHistory } from './housekeeping.ts';
import { logTurn, type RotationParts, turnRings } from './keys/rotation.ts';
import { deliverLogouts } from './login/deliver_logouts.ts';
import type { Provider } from './provider.ts';
import type { SharedAnswers } from './shared_answers.ts';

/** Lets work go on behind the answer, and when the client has gone away. */
export type WaitUntil = (work: Promise<unknown>) => void;

export interface Isolate {
  /** @param remoteAddress - of the client, as the edge tells it. */
  answer(request: Request, remoteAddress: string | undefined, waitUntil: WaitUntil): Promise<Response>;
  /** What a cron trigger begins: the rings are turned, then come all the chores. */
  keepHouse(): Promise<void>;
}

/** How long clients are told of sign-outs: by a trigger, of which the next comes in a minute, and behind an answer, where 30 s are given. */
const [triggerSeconds, behindAnswerSeconds] = [40, 20];
/** Of an isolate, whose counts are lost with it; it pays for each row. */
const countEverySeconds = 60;
/** Telling one client takes two queries, and one event has a thousand. */
const mostDeliveries = 300;

/** Whose POST may end sessions, whose clients are told at once, or revoke: by endpoint, for a path has many spellings. */
const ending: readonly string[] = [
  'end_session',
  'account',
  'revocation',
  'admin_store',
] satisfies readonly EndpointName[];
const jwksEndpoint: EndpointName = 'jwks';

/**
 * @param parts - those of the provider's key ring, which itself only reads.
 * @param shared - what the isolates of a data centre share.
 */
export const createIsolate = (provider: Provider, parts: RotationParts, shared: SharedAnswers): Isolate => {
  const { keyRing, clock, config, log } = provider;
  const app = createApp(provider);
  const base = basePathOf(config.issuer);
  const refreshEverySeconds = config.policy.snapshotSeconds / 3;
  let refreshedAt = clock.monotonicSeconds();

  const readOnce = async (): Promise<void> => {
    refreshedAt = clock.monotonicSeconds();
    try {
      await keyRing.refresh();
      // It took longer than P. The key set waits for another, which must not be cut off with the request that asked.
      if (keyRing.isOld()) await keyRing.refresh();
    } catch (error) {
      log.error({ reason: String(error) }, 'the signing keys could not be refreshed');
    }
  };

  let reading: Promise<void> | undefined;
  /** One reading at a time; the requests that come meanwhile wait for it. */
  const readKeys = (): Promise<void> => {
    reading ??= readOnce().finally(() => {
      reading = undefined;
    });
    return reading;
  };

  /** Answered from memory, whatever becomes of the database; the key set waits for a newer one by itself, and not for long. */
  const fromMemory: ReadonlySet<string> = new Set([
    base + paths.jwks,
    base + paths.openid_configuration,
    paths.oauth_authorization_server + base,
    operatorPaths.live,
  ]);

  /** What is older than P is read before the answer, what is older than a third of it behind the answer. */
  const freshen = async ({ url }: Request, waitUntil: WaitUntil): Promise<void> => {
    const isOld = keyRing.isOld();
    if (!isOld && clock.monotonicSeconds() - refreshedAt < refreshEverySeconds) return;
    const begins = reading === undefined;
    const read = readKeys();
    if (begins) waitUntil(read.then(() => writeHistory(provider)));
    if (isOld && !fromMemory.has(new URL(url).pathname)) await read;
  };

  const isAskedForHistory = ({ url }: Request): boolean => new URL(url).pathname === base + paths.key_history;

  const mayEnd = ({ method }: Request, { endpoint = '' }: AppEnvironment['Bindings']): boolean =>
    method === 'POST' && ending.includes(endpoint);

  const deliverFor = (seconds: number): Chore => ({
    ...deliver,
    work: () => deliverLogouts(provider, { seconds, most: mostDeliveries }),
  });

  let countedAt = Number.NEGATIVE_INFINITY;
  /** A trigger finds what its own isolate counted alone. */
  const addCounts = async (): Promise<void> => {
    if (clock.monotonicSeconds() - countedAt < countEverySeconds) return;
    countedAt = clock.monotonicSeconds();
    await attempt(count, provider);
  };

  const purge = (): Promise<void> =>
    attempt({ what: 'forgetting what is shared', work: () => shared.purge(provider) }, provider);

  const followUp = async (): Promise<void> => {
    await readKeys();
    await purge();
    await attempt(deliverFor(behindAnswerSeconds), provider);
  };

  const goOnBehind = (
    request: Request,
    response: Response,
    bindings: AppEnvironment['Bindings'],
    waitUntil: WaitUntil,
  ): void => {
    waitUntil(shared.keep(request, response, keyRing));
    if (mayEnd(request, bindings)) waitUntil(followUp());
    if (bindings.endpoint === jwksEndpoint) waitUntil(addCounts());
  };

  const logged = async (request: Request, requestId: string, answering: () => Promise<Response>): Promise<Response> => {
    const began = clock.monotonicSeconds();
    const response = await answering();
    const path = new URL(request.url).pathname.slice(0, 256);
    const milliseconds = Math.round((clock.monotonicSeconds() - began) * 1000);
    log.info({ request_id: requestId, method: request.method, path, status: response.status, milliseconds }, 'request');
    return response;
  };

  return {
    answer: (request, remoteAddress, waitUntil) => {
      const requestId = crypto.randomUUID();
      return logged(request, requestId, async () => {
        const finding = keyRing.isOld() ? shared.find(request) : shared.findList(request);
        const kept = await finding.catch(() => undefined);
        const freshening = freshen(request, waitUntil);
        if (kept !== undefined) {
          waitUntil(freshening);
          return kept;
        }
        await freshening;
        if (isAskedForHistory(request) && provider.keyHistory.document() === undefined) await writeHistory(provider);
        const bindings: AppEnvironment['Bindings'] = {
          requestId,
          endpoint: 'unknown',
          ...(remoteAddress && { remoteAddress }),
        };
        const response = await app.fetch(request, bindings);
        goOnBehind(request, response, bindings, waitUntil);
        return response;
      });
    },
    keepHouse: async () => {
      // First of all, so that an isolate without the right key-encryption key changes nothing.
      await keyRing.refresh();
      const turning = turnRings(parts).then((report) => logTurn(report, log));
      await attempt({ what: 'turning the keys', work: () => turning }, provider);
      await readKeys();
      await writeHistory(provider);
      await attempt(deliverFor(triggerSeconds), provider);
      // Telling clients may have taken longer than P, and nothing is deleted by a clock that may have gone wrong since.
      if (keyRing.isOld()) await readKeys();
      for (const chore of chores) if (chore !== deliver) await attempt(chore, provider);
      await purge();
      // For who watches the triggers, when all else is done.
      await turning;
    },
  };
};
