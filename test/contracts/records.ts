// Records as stores keep them, for contracts and other tests; `overrides` say how one differs from an ordinary one.
import type { AuditEvent } from '../../src/seams/audit_store.ts';
import { type Client, clientDefaults } from '../../src/seams/client_store.ts';
import type { Resource } from '../../src/seams/resource_store.ts';
import type { Consent, Interaction, Session } from '../../src/seams/session_store.ts';
import type { Store } from '../../src/seams/store.ts';
import type { AuthorizationCode, AuthorizedByUser, RefreshToken, TokenFamily } from '../../src/seams/token_store.ts';
import type { User } from '../../src/seams/user_store.ts';

export const now = 1_800_000_000;

export const makeUser = (sub: string, overrides: Partial<User> = {}): User => ({
  sub,
  username: `user-${sub}`,
  email: `${sub}@example.com`,
  emailVerified: true,
  passwordHash: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA',
  passwordChangedAt: now,
  claims: { name: 'Ada Lovelace', address: { country: 'GB' } },
  roles: ['admin'],
  lockedAt: null,
  createdAt: now,
  updatedAt: now,
  ...overrides,
});

export const makeClient = (clientId: string, overrides: Partial<Client> = {}): Client => ({
  ...clientDefaults,
  clientId,
  tokenEndpointAuthMethod: 'none',
  grantTypes: ['authorization_code', 'refresh_token'],
  redirectUris: ['https://app.example.com/callback'],
  scope: ['openid'],
  resources: [],
  clientSecretSha256: null,
  clientIdIssuedAt: now,
  ...overrides,
});

export const makeResource = (resource: string, overrides: Partial<Resource> = {}): Resource => ({
  resource,
  scope: ['read', 'write'],
  accessTokenSeconds: 600,
  accessTokenSigningAlg: 'ES256',
  claims: {},
  accessTokenClaims: [],
  statusList: false,
  createdAt: now,
  ...overrides,
});

export const makeSession = (sid: string, overrides: Partial<Session> = {}): Session => ({
  sessionHash: `hash-of-${sid}`,
  sid,
  sub: 'ada',
  browserHash: 'browser',
  authTime: now,
  amr: ['pwd'],
  acr: '1',
  userAgent: 'Mozilla/5.0',
  lastSeenAt: now,
  expiresAt: now + 86_400,
  endedAt: null,
  ...overrides,
});

export const makeInteraction = (idHash: string, overrides: Partial<Interaction> = {}): Interaction => ({
  idHash,
  browserHash: 'browser',
  parameters: { client_id: ['app'], scope: ['openid profile'] },
  createdAt: now,
  expiresAt: now + 600,
  accountChosenAt: null,
  consentedAt: null,
  ...overrides,
});

export const makeConsent = (overrides: Partial<Consent> = {}): Consent => ({
  sub: 'ada',
  clientId: 'app',
  scope: ['openid'],
  claims: [],
  resources: [],
  resourceScope: [],
  grantedAt: now,
  ...overrides,
});

const authorizedByUser: AuthorizedByUser = {
  clientId: 'app',
  sub: 'ada',
  sid: 'desk',
  scope: ['openid', 'offline_access'],
  resource: 'https://api.example.com',
  authTime: now,
  acr: '1',
  amr: ['pwd'],
  nonce: 'n-0S6_WzA2Mj',
  idTokenClaims: ['email'],
  userinfoClaims: ['name'],
};

export const makeCode = (codeHash: string, overrides: Partial<AuthorizationCode> = {}): AuthorizationCode => ({
  ...authorizedByUser,
  codeHash,
  redirectUri: 'https://app.example.com/callback',
  codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  expiresAt: now + 60,
  usedAt: null,
  familyId: `family-of-${codeHash}`,
  ...overrides,
});

export const makeFamily = (familyId: string, overrides: Partial<TokenFamily> = {}): TokenFamily => ({
  ...authorizedByUser,
  familyId,
  offline: false,
  createdAt: now,
  expiresAt: now + 30 * 86_400,
  endedAt: null,
  endReason: null,
  secretHash: null,
  ...overrides,
});

export const makeRefreshToken = (tokenHash: string, overrides: Partial<RefreshToken> = {}): RefreshToken => ({
  tokenHash,
  familyId: 'family',
  expiresAt: now + 7 * 86_400,
  usedAt: null,
  answer: null,
  tellsFamily: false,
  ...overrides,
});

export const makeAuditEvent = (type: string, overrides: Partial<AuditEvent> = {}): AuditEvent => ({
  at: now,
  type,
  sub: 'ada',
  clientId: 'app',
  sid: 'desk',
  address: '192.0.2.1',
  details: { amr: 'pwd', attempts: 2, known: true },
  ...overrides,
});

/** The client `app`, the user `ada` and her session `desk`: whom the codes of makeCode belong to. */
export const addStanding = async (store: Store): Promise<void> => {
  await store.addClient(makeClient('app'));
  await store.addUser(makeUser('ada'));
  await store.addSession(makeSession('desk'), null);
};

/** Starts a family as the code flow does; its first refresh token is `FAMILY.0`. Needs what addStanding made, or alike. */
export const startFamily = async (
  store: Store,
  familyId: string,
  overrides: Partial<TokenFamily> = {},
): Promise<TokenFamily> => {
  const family = makeFamily(familyId, overrides);
  const { clientId, sub, sid } = family;
  const codeHash = `code-of-${familyId}`;
  await store.addAuthorizationCode(makeCode(codeHash, { clientId, sub, sid, familyId }));
  const first = makeRefreshToken(`${familyId}.0`, { familyId });
  if (!(await store.redeemCode(codeHash, now, family, first))) throw new TypeError(`${familyId} could not start`);
  return family;
};

/** A session that began, gave tokens to a client, and ended at `at`. Needs the client, and the user. */
export const endNewSession = async (
  store: Store,
  sid: string,
  { clientId, sub = 'ada' }: { readonly clientId: string; readonly sub?: string },
  at: number,
): Promise<void> => {
  await store.addSession(makeSession(sid, { sub }), null);
  await startFamily(store, `family-of-${sid}`, { clientId, sub, sid });
  await store.endSession(sid, at);
};
