// A Keyturn of its own for a load at a constant rate, with all that the mix asks for.

import { openBetterSqlite3 } from '../../src/adapters/better_sqlite3_store.ts';
import { nodeRsPasswordHasher } from '../../src/adapters/node_rs_password_hasher.ts';
import { systemClock } from '../../src/adapters/system_clock.ts';
import type { Target } from '../contender.ts';
import { codeFlowName, runCodeFlow } from '../flows/code.ts';
import type { CodeFlow } from '../flows/flow.ts';
import { refreshName } from '../flows/refresh.ts';
import { createSend } from '../flows/send.ts';
import { fillDatabase, keyturnContender, storedUser } from '../keyturn_facts.ts';
import { databaseIn, startKeyturn } from '../keyturn_process.ts';
import { clientCredentialsName } from '../scenarios/client_credentials.ts';
import { introspectionNames } from '../scenarios/introspection.ts';
import { jwksName } from '../scenarios/jwks.ts';
import { people, sharedPassword, signInRequest } from '../storm/person.ts';
import type { MixParts } from './mix.ts';

export interface LoadedKeyturn {
  readonly pid: number;
  readonly port: number;
  readonly parts: MixParts;
  stop(): Promise<void>;
}

const targetIn = (targets: Readonly<Record<string, Target>>, name: string): Target => {
  const target = targets[name];
  if (target === undefined) throw new Error(`nothing is known of ${name}`);
  return target;
};

/** @param families - how many refresh tokens there are to go on with. */
export const startLoadedKeyturn = async (folder: string, families: number): Promise<LoadedKeyturn> => {
  const facts = await fillDatabase(databaseIn(folder));
  const { store } = openBetterSqlite3(databaseIn(folder), systemClock);
  const passwordHash = await nodeRsPasswordHasher.hash(sharedPassword);
  for (const username of people) await store.addUser(storedUser(username, passwordHash));
  await store.close();
  const server = await startKeyturn(folder, { KEYTURN_TRUSTED_PROXIES: '1', KEYTURN_LOG_LEVEL: 'error' });
  const { targets, flows = {} } = await keyturnContender(server.issuer, server.pid, facts);
  const [code, refresh] = [flows[codeFlowName], flows[refreshName]];
  if (code?.kind !== 'code' || refresh?.kind !== 'refresh') throw new Error('the flows are missing');
  const refreshTokens = [...refresh.refreshTokens];
  const send = createSend(1);
  while (refreshTokens.length < families)
    refreshTokens.push((await runCodeFlow(code satisfies CodeFlow, send)).refresh_token);
  return {
    pid: server.pid,
    port: Number(new URL(server.issuer).port),
    parts: {
      token: targetIn(targets, clientCredentialsName('ES256')),
      keySet: targetIn(targets, jwksName),
      introspection: targetIn(targets, introspectionNames.access),
      refresh: { tokenEndpoint: refresh.tokenEndpoint, authorization: refresh.authorization, refreshTokens },
      signIn: (nth) => signInRequest(server.issuer, people[nth % people.length] ?? '', nth),
    },
    stop: server.stop,
  };
};
