// No unrevoked token is ever refused, and no revoked one accepted, whatever two processes do at once: tokens issued and
// revoked in any order, by jti, session, user and client, over full lists and into new ones.
import { join } from 'node:path';
import fc from 'fast-check';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findPlace } from '../../src/status_lists/find_place.ts';
import type { VerifiedClaims } from '../../src/verifier/claims.ts';
import { followRevocationFeed } from '../../src/verifier/revocation_feed_follower.ts';
import { followStatusLists } from '../../src/verifier/status_list_follower.ts';
import { createVerifier, type Verifier } from '../../src/verifier/verifier.ts';
import { fetchFrom } from '../flows/followed.ts';
import { createManualClock } from '../manual_clock.ts';
import { makeFolder } from '../running_server.ts';
import {
  addClient,
  addResource,
  basic,
  createTestProvider,
  makeKekRing,
  postToken,
  registeredResource,
  type TestProvider,
  tokenAnswer,
} from '../test_provider.ts';
import { times } from './runs.ts';

const runs = Number(process.env.PROPERTY_RUNS ?? times(24));
const clientIds = ['one', 'two', 'three'];
/** Small lists, so that they fill up and turn over. */
const environment = { KEYTURN_STATUS_LIST_PLACES: '1024' };
const lifetime = 600;

const folder = makeFolder();
const clock = createManualClock();
const nodes: TestProvider[] = [];
const nodeOf = (turn: number): TestProvider => {
  const node = nodes[turn % nodes.length];
  if (node === undefined) throw new TypeError('no node');
  return node;
};

beforeAll(async () => {
  const surroundings = { databasePath: join(folder, 'db.sqlite'), kekRing: makeKekRing(), clock, environment };
  nodes.push(await createTestProvider(surroundings), await createTestProvider(surroundings));
  await addResource(nodeOf(0).store, { statusList: true, accessTokenSeconds: lifetime });
  for (const clientId of clientIds) await addClient(nodeOf(0).store, clientId);
});
afterAll(async () => {
  for (const { store } of nodes) await store.close();
});

interface Issued {
  readonly token: string;
  readonly jti: string;
  readonly clientId: string;
  /** Whether the request was begun after everything that was revoked had been. */
  revoked: boolean;
}

type Step =
  | { readonly kind: 'issue'; readonly client: number; readonly count: number }
  | { readonly kind: 'revoke_token'; readonly which: number }
  | { readonly kind: 'revoke_client'; readonly client: number }
  | { readonly kind: 'replace_client'; readonly client: number }
  | { readonly kind: 'pass'; readonly seconds: number };

const client = fc.integer({ min: 0, max: clientIds.length - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('issue' as const), client, count: fc.integer({ min: 1, max: 40 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('revoke_token' as const), which: fc.nat(1000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('revoke_client' as const), client }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('replace_client' as const), client }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), seconds: fc.integer({ min: 0, max: 400 }) }),
  },
);

const issueOne = async (node: TestProvider, clientId: string): Promise<Issued> => {
  const response = await postToken(node.app, { grant_type: 'client_credentials' }, { Authorization: basic(clientId) });
  const { access_token: token } = await tokenAnswer(response);
  return { token, jti: String(decodeJwt(token).jti), clientId, revoked: false };
};

const issueMany = (clientId: string, count: number): Promise<Issued[]> =>
  Promise.all(Array.from({ length: count }, (_, turn) => issueOne(nodeOf(turn), clientId)));

/** Revokes while the other node issues for another client, which must stay as it is. */
const amid = async (issued: Issued[], clientId: string, revoke: () => Promise<unknown>): Promise<void> => {
  const bystander = clientIds.find((candidate) => candidate !== clientId) ?? clientId;
  const [others] = await Promise.all([issueMany(bystander, 6), revoke()]);
  issued.push(...others);
};

const revokeToken = async (token: Issued, node: TestProvider): Promise<void> => {
  const place = await findPlace(token.jti, node.store);
  expect(place).toBeDefined();
  await node.store.denyToken(token.jti, clock.now() + lifetime, place);
  token.revoked = true;
};

const carryOut = async (found: Step, issued: Issued[], turn: number): Promise<void> => {
  const node = nodeOf(turn);
  if (found.kind === 'issue') {
    issued.push(...(await issueMany(clientIds[found.client] ?? '', found.count)));
  } else if (found.kind === 'revoke_token') {
    const token = issued[found.which % Math.max(1, issued.length)];
    if (token !== undefined) await amid(issued, token.clientId, () => revokeToken(token, node));
  } else if (found.kind === 'pass') {
    clock.advance(found.seconds);
    for (const { keyRing } of nodes) await keyRing.refresh();
  } else {
    const clientId = clientIds[found.client] ?? '';
    const before = issued.filter((token) => token.clientId === clientId);
    await amid(issued, clientId, async () => {
      if (found.kind === 'revoke_client') return node.store.revokeClient(clientId, clock.now());
      await node.store.removeClient(clientId);
      return addClient(node.store, clientId);
    });
    for (const token of before) token.revoked = true;
  }
};

const verifiersOf = (node: TestProvider): readonly Verifier[] => {
  const common = { issuer: node.config.issuer, audience: registeredResource, clock, fetch: fetchFrom(node.app) };
  // A token issued in the second of a revocation has an iat after it.
  const tolerant = { ...common, clockToleranceSeconds: 59 };
  return [
    createVerifier({ ...tolerant, revocation: followStatusLists() }),
    createVerifier({ ...tolerant, revocation: followRevocationFeed() }),
  ];
};

const verdictOf = (verifier: Verifier, token: string): Promise<string> =>
  verifier.verify(token).then(
    ({ exp }: VerifiedClaims) => (exp > 0 ? 'stands' : 'no exp'),
    (error: { readonly code?: string }) => error.code ?? String(error),
  );

describe('revocation, whatever happens in whatever order', () => {
  test(
    'every token is refused if and only if it was revoked, at verifiers of either node, by list and by feed',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
          const issued: Issued[] = [];
          for (const [turn, found] of steps.entries()) await carryOut(found, issued, turn);
          const living = issued.filter(({ token }) => Number(decodeJwt(token).exp) > clock.now());
          for (const node of nodes) {
            await node.revocations.refresh();
            for (const verifier of verifiersOf(node)) {
              await verifier.ready();
              const verdicts = await Promise.all(living.map(({ token }) => verdictOf(verifier, token)));
              expect(verdicts).toEqual(living.map(({ revoked }) => (revoked ? 'token_revoked' : 'stands')));
              verifier.close();
            }
          }
          // The next run begins with what this one left, and later.
          clock.advance(1);
        }),
        { numRuns: runs },
      );
    },
    30_000 + runs * 8000,
  );
});
