// A database of an issuer for the rows of the fault table, with people who are signed in and their refresh tokens, and what
// is asked of whichever process serves it.
import { setTimeout as wait } from 'node:timers/promises';
import type { Environment } from '../../src/config.ts';
import { authorizePath, issuer, redeem } from '../people.ts';
import { databasePathIn, makeFolder } from '../running_server.ts';
import { addClient, addResource, basic } from '../test_provider.ts';
import { readAnswer } from '../token_requests.ts';
import { openPeopleIn, send } from './people_node.ts';

export const scope = 'openid profile offline_access';

export const faultSettings = {
  KEYTURN_ISSUER: issuer,
  KEYTURN_TRUSTED_PROXIES: '1',
  KEYTURN_CLIENT_REQUESTS_PER_SECOND: '0',
  KEYTURN_REFRESH_RETRY_SECONDS: '300',
} as const;

export interface FaultNode {
  readonly folder: string;
  readonly databasePath: string;
  /** One a family. */
  readonly refreshTokens: string[];
  /** The Cookie header of a browser that is signed in. */
  readonly cookies: string;
}

/**
 * @param folder - one that is there and empty.
 * @param environment - the settings that the keys are made by.
 */
export const prepareNode = async (
  families: number,
  folder = makeFolder(),
  environment: Environment = {},
): Promise<FaultNode> => {
  const people = await openPeopleIn(folder, { environment });
  await addResource(people.store);
  await addClient(people.store, 'svc');
  const browser = people.openBrowser();
  const refreshTokens: string[] = [];
  for (let family = 0; family < families; family += 1) {
    const answered = await browser.walk(authorizePath({ scope }), 'ada');
    const tokens = await readAnswer(await redeem(people.app, answered.searchParams.get('code') ?? ''));
    refreshTokens.push(tokens.refresh_token);
  }
  const cookies = [...browser.jar].map(([name, value]) => `${name}=${value}`).join('; ');
  await people.store.close();
  return { folder, databasePath: databasePathIn(folder), refreshTokens, cookies };
};

export const askToken = (url: string): Promise<Response> =>
  send(`${url}/token`, { grant_type: 'client_credentials' }, { Authorization: basic('svc') });

export const askRefresh = (url: string, refreshToken: string): Promise<Response> =>
  send(`${url}/token`, { grant_type: 'refresh_token', client_id: 'app', refresh_token: refreshToken });

/** The status alone; 0 when no whole answer came. */
export const statusOf = async (asked: Promise<Response>): Promise<number> => {
  try {
    const response = await asked;
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
};

export interface Rotation {
  readonly from: string;
  readonly to: string;
}

/**
 * Refreshes one family again and again, one after the other.
 *
 * @param goesOn - asked before each.
 * @param rotated - what was answered with 200 is added to it.
 * @returns the statuses that were answered, 0 for none.
 */
export const refreshOn = async (
  url: string,
  first: string,
  goesOn: () => boolean,
  rotated: Rotation[],
): Promise<number[]> => {
  const statuses: number[] = [];
  let from = first;
  while (goesOn()) {
    try {
      const response = await askRefresh(url, from);
      if (response.status === 200) {
        const { refresh_token: to } = await readAnswer(response);
        rotated.push({ from, to });
        from = to;
      } else {
        await response.arrayBuffer();
        await wait(10);
      }
      statuses.push(response.status);
    } catch {
      statuses.push(0);
      await wait(20);
    }
  }
  return statuses;
};

export const countBy = (statuses: readonly number[]): string =>
  Object.entries(Object.groupBy(statuses, (status) => `${status === 0 ? 'no answer' : status}`))
    .map(([status, all]) => `${status} × ${all?.length}`)
    .join(', ');
