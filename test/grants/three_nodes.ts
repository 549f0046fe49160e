// Three nodes on one database, with a browser that is signed in at the first: what the tests of refreshing share.
import { randomBytes } from 'node:crypto';
import Database from 'better-sqlite3';
import { decodeJwt } from 'jose';
import { expect } from 'vitest';
import type { App } from '../../src/app.ts';
import type { Environment } from '../../src/config.ts';
import { type Browser, cheapHasher, openPeople, type People } from '../people.ts';
import { databasePathIn, makeFolder } from '../running_server.ts';
import { obtainTokens, readAnswer, refresh, type TokenAnswer } from '../token_requests.ts';

export const idleSeconds = 3600;
const familySeconds = 7200;
export const retrySeconds = 10;
export const offline = 'openid profile offline_access';

export interface ThreeNodes {
  readonly people: People;
  /** Two more nodes on the same database. */
  readonly others: readonly [People, People];
  readonly browser: Browser;
  /** One more, by the same clock. */
  openNode(): Promise<People>;
  /** Time goes by on every node. */
  pass(seconds: number): Promise<void>;
  startFamily(scope?: string): Promise<TokenAnswer>;
  /** How many refresh tokens of a family have not been used. */
  liveChildren(tokens: TokenAnswer): number;
  refreshed(refreshToken: string, app?: App): Promise<TokenAnswer>;
  endReason(tokens: TokenAnswer): Promise<string | null | undefined>;
  close(): Promise<void>;
}

export const familyOf = ({ access_token }: TokenAnswer): string => String(decodeJwt(access_token).family_id);

export const openThreeNodes = async (environment: Environment = {}): Promise<ThreeNodes> => {
  const folder = makeFolder();
  const shared = {
    environment: {
      KEYTURN_REFRESH_TOKEN_SECONDS: `${idleSeconds}`,
      KEYTURN_REFRESH_FAMILY_SECONDS: `${familySeconds}`,
      ...environment,
    },
    databasePath: databasePathIn(folder),
    kekRing: JSON.stringify({ keys: [{ kty: 'oct', kid: 'kek', k: randomBytes(32).toString('base64url') }] }),
    passwordHasher: cheapHasher,
  };
  const people = await openPeople(shared);
  const openNode = (): Promise<People> => openPeople({ ...shared, clock: people.clock });
  const others = [await openNode(), await openNode()] as const;
  const reader = new Database(shared.databasePath, { readonly: true });
  const browser = people.openBrowser();
  return {
    people,
    others,
    browser,
    openNode,
    pass: async (seconds) => {
      await people.pass(seconds);
      for (const { keyRing } of others) await keyRing.refresh();
    },
    startFamily: (scope = offline) => obtainTokens(people.app, browser, { scope }),
    liveChildren: (tokens) =>
      reader
        .prepare('select count(*) from refresh_token where family_id = ? and used_at is null')
        .pluck()
        .get(familyOf(tokens)) as number,
    refreshed: async (refreshToken, app = people.app) => {
      const response = await refresh(app, refreshToken);
      expect(response.status).toBe(200);
      return readAnswer(response);
    },
    endReason: async (tokens) => (await people.store.findFamily(familyOf(tokens)))?.endReason,
    close: async () => {
      reader.close();
      for (const node of [people, ...others]) await node.store.close();
    },
  };
};
