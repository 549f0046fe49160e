// The store of an issuer that runs elsewhere, through its /admin/store: one request a verb. HTTPS, or loopback; the token
// goes in a header, to the issuer alone.
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { OperatorError } from '../errors.ts';
import {
  type AdministeredStore,
  type AdministeredVerb,
  administrationProtocol,
  changingVerbs,
  isReading,
  readingVerbs,
} from '../seams/administered_store.ts';
import { StoreUnavailableError } from '../seams/store.ts';

const timeoutMilliseconds = 30_000;
const mostAnswerBytes = 64 * 1024 * 1024;
const retryMilliseconds = 300;
const mostAttempts = 3;

const told = z.object({ protocol: z.number(), settings: z.record(z.string(), z.string()) });
const refused = z.object({ error: z.string(), error_description: z.string() });

export interface Remote {
  /** The issuer identifier. */
  readonly issuer: string;
  readonly token: string;
}

const noToken =
  'Set KEYTURN_ADMIN_TOKEN to the one the issuer has; an issuer without one has no remote administration.';

const refusalOf = (status: number, text: string, { issuer }: Remote): Error => {
  if (status === 404) return new OperatorError(`${issuer} has no /admin/store. ${noToken}`);
  if (status === 401) return new OperatorError(`${issuer} does not take the token. ${noToken}`);
  const { data } = refused.safeParse(jsonOf(text));
  const words = data === undefined ? `status ${status}` : `${status} ${data.error}: ${data.error_description}`;
  return status >= 500 || status === 429
    ? new StoreUnavailableError(`${issuer} answered ${words}`)
    : new OperatorError(`${issuer} refused: ${words}`);
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const send = async (remote: Remote, init: RequestInit): Promise<unknown> => {
  const { issuer, token } = remote;
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${issuer}/admin/store`, {
      ...init,
      redirect: 'error',
      headers: { ...init.headers, Authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(timeoutMilliseconds),
    });
    text = await response.text();
  } catch (cause) {
    throw new StoreUnavailableError(`${issuer} could not be reached, or did not answer to the end`, { cause });
  }
  if (text.length > mostAnswerBytes) throw new StoreUnavailableError(`${issuer} answered with more than is read`);
  if (response.status !== 200) throw refusalOf(response.status, text, remote);
  const answer = jsonOf(text);
  if (answer === undefined) throw new OperatorError(`${issuer} answered what is no JSON: something else is there.`);
  return answer;
};

/** @throws {OperatorError} where it is another issuer, another version, or the token is refused. */
export const readRemoteSettings = async (remote: Remote): Promise<Readonly<Record<string, string>>> => {
  const { data } = told.safeParse(await send(remote, {}));
  if (data?.protocol !== administrationProtocol)
    throw new OperatorError(
      `${remote.issuer} runs another version of Keyturn, which this one cannot administer. Use the same on both sides.`,
    );
  const { KEYTURN_ISSUER: issuer } = data.settings;
  if (issuer !== remote.issuer)
    throw new OperatorError(`What answers at ${remote.issuer} is the issuer ${issuer}. Name it by its own name.`);
  return data.settings;
};

/** Reading may be repeated; a verb that changes something may have been carried out although no answer came. */
const mayRepeat = (verb: AdministeredVerb, error: unknown): boolean =>
  isReading(verb) && error instanceof StoreUnavailableError;

export const createRemoteStore = (remote: Remote): AdministeredStore => {
  const call = async (verb: AdministeredVerb, values: readonly unknown[], attempt = 1): Promise<unknown> => {
    const body = JSON.stringify({ protocol: administrationProtocol, verb, arguments: values });
    const headers = { 'Content-Type': 'application/json' };
    try {
      // No answer member: the verb found nothing, which is undefined and not null.
      return ((await send(remote, { method: 'POST', body, headers })) as { readonly answer?: unknown }).answer;
    } catch (error) {
      if (attempt >= mostAttempts || !mayRepeat(verb, error)) throw error;
      await wait(retryMilliseconds * attempt);
      return call(verb, values, attempt + 1);
    }
  };
  const verbs = [...readingVerbs, ...changingVerbs].map(
    (verb) => [verb, (...values: readonly unknown[]) => call(verb, values)] as const,
  );
  // Each verb sends what it is given to the same verb of a Store, and gives back what that answered.
  return { ...Object.fromEntries(verbs), close: async () => undefined } as unknown as AdministeredStore;
};
