// The store of an issuer that runs elsewhere, through its /admin/store: one request a verb. HTTPS, or loopback; the token
// goes in a header, to the issuer alone.
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { OperatorError } from '../errors.ts';
import { administeredCalls, faultIn } from '../seams/administered_calls.ts';
import {
  type AdministeredStore,
  type AdministeredVerb,
  administrationProtocol,
  changingVerbs,
  isReading,
  readingVerbs,
} from '../seams/administered_store.ts';
import { StoreUnavailableError } from '../seams/store.ts';
import { readBoundedBody } from './bounded_body.ts';

const timeoutMilliseconds = 30_000;
const mostAnswerBytes = 64 * 1024 * 1024;
const retryMilliseconds = 300;
const mostAttempts = 3;

const told = z.object({ protocol: z.number(), settings: z.record(z.string(), z.string()) });
/** No answer member: the verb found nothing, which is undefined and not null. */
const answered = z.strictObject({ answer: z.unknown().optional() });
const refused = z.object({ error: z.string(), error_description: z.string() });

export interface Remote {
  /** The issuer identifier. */
  readonly issuer: string;
  readonly token: string;
}

const noToken =
  'Set KEYTURN_ADMIN_TOKEN to the one the issuer has; an issuer without one has no remote administration.';

const elsewhere =
  'Look for a proxy, a sign-in page or another program at that address, and use the same version of Keyturn on both sides.';
const perhapsDone = 'What was to be changed may have been changed all the same: look at what is there.';

/** @param what - was answered, in words: its text may be a secret of whoever answered. */
const notKeyturn = (what: string, { issuer }: Remote, verb?: AdministeredVerb): OperatorError =>
  new OperatorError(
    `${issuer} answered ${what}; expected ${verb ? `an answer to ${verb}` : 'the settings'} of this version of Keyturn. ${elsewhere}${verb && !isReading(verb) ? ` ${perhapsDone}` : ''}`,
  );

const formOf = ({ status, headers }: Response): string => {
  const location = headers.get('Location');
  if (location !== null && URL.canParse(location)) return `${status}, to be asked at ${new URL(location).origin}`;
  return `${status} with ${headers.get('Content-Type') ?? 'no Content-Type'}`;
};

const refusalOf = (response: Response, text: string, remote: Remote, verb?: AdministeredVerb): Error => {
  const { status } = response;
  const { issuer } = remote;
  if (status === 404) return new OperatorError(`${issuer} has no /admin/store. ${noToken}`);
  const { data } = refused.safeParse(jsonOf(text));
  const words = data === undefined ? formOf(response) : `${status} ${data.error}: ${data.error_description}`;
  if (status >= 500 || status === 429) return new StoreUnavailableError(`${issuer} answered ${words}`);
  if (data === undefined) return notKeyturn(words, remote, verb);
  if (status === 401) return new OperatorError(`${issuer} does not take the token. ${noToken}`);
  return new OperatorError(`${issuer} refused: ${words}`);
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** @returns the JSON answered. */
const send = async (remote: Remote, init: RequestInit, verb?: AdministeredVerb): Promise<unknown> => {
  const { issuer, token } = remote;
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${issuer}/admin/store`, {
      ...init,
      redirect: 'manual',
      headers: { ...init.headers, Authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(timeoutMilliseconds),
    });
    const tooLong = () => notKeyturn(`more than ${mostAnswerBytes} bytes`, remote, verb);
    text = await readBoundedBody(response, mostAnswerBytes, tooLong);
  } catch (cause) {
    if (cause instanceof OperatorError) throw cause;
    throw new StoreUnavailableError(`${issuer} could not be reached, or did not answer to the end`, { cause });
  }
  if (response.status !== 200) throw refusalOf(response, text, remote, verb);
  const json = jsonOf(text);
  if (json === undefined) throw notKeyturn(formOf(response), remote, verb);
  return json;
};

/** @throws {OperatorError} where it is another issuer, another version, or the token is refused. */
export const readRemoteSettings = async (remote: Remote): Promise<Readonly<Record<string, string>>> => {
  const json = await send(remote, {});
  const { data } = told.safeParse(json);
  if (data === undefined) throw notKeyturn('other JSON (no protocol and settings in it)', remote);
  if (data.protocol !== administrationProtocol)
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
      const json = await send(remote, { method: 'POST', body, headers }, verb);
      const { data } = answered.safeParse(json);
      const fault = data ? faultIn(administeredCalls[verb].answers, data.answer, 'answer') : 'no answer in it';
      if (data === undefined || fault !== undefined) throw notKeyturn(`other JSON (${fault})`, remote, verb);
      return data.answer;
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
