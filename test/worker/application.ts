// An application on the Worker and somebody who signs in to it.
import { expect } from 'vitest';
import { issuerRecords } from '../issuer_records.ts';
import { createEndUser } from '../relying_parties/end_user.ts';
import type { RunningWorker } from './running_worker.ts';

export const clientSecret = 'a-secret-of-43-characters-as-they-are-made-x';
export const redirectUri = 'https://app.example/callback';
/** Of the client `app`. */
export const authorization = `Basic ${Buffer.from(`app:${clientSecret}`).toString('base64')}`;

/** Registers `app` and adds `ada`, her password hashed on Node. @returns what signs her in, for a code each time. */
export const addApplication = async ({ issuer, store }: RunningWorker): Promise<() => Promise<string>> => {
  const { addClient, addPerson } = issuerRecords(store);
  const ada = await addPerson('ada', { sub: 'ada' });
  const client = {
    ...{ grantTypes: ['authorization_code', 'refresh_token'], redirectUris: [redirectUri], resources: [] },
    ...{ scope: ['openid', 'offline_access'], firstParty: true, dangerouslyAllowNoPkce: true },
  };
  await addClient('app', client, clientSecret);
  const url = new URL(`${issuer}/authorize`);
  url.search = new URLSearchParams({
    ...{ client_id: 'app', redirect_uri: redirectUri, response_type: 'code', state: 's' },
    scope: 'openid offline_access',
  }).toString();
  return async () => {
    const journey = await createEndUser(issuer, ada).open(url);
    return journey.url.searchParams.get('code') ?? expect.fail(`no code: ${journey.url.href}`);
  };
};
