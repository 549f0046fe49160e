// The tables of better-sqlite3 and D1. Instants are NumericDate (whole seconds); columns are named as in the RFCs.

import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, real, sqliteTable, text, unique } from 'drizzle-orm/sqlite-core';
import type { JWK } from 'jose';
import { loggedEvents } from '../seams/key_event_store.ts';
import { signingAlgorithms } from '../seams/signer.ts';

export const signingKey = sqliteTable(
  'signing_key',
  {
    alg: text({ enum: signingAlgorithms }).notNull(),
    slot: integer().notNull(),
    kid: text().notNull().unique(),
    publicJwk: text('public_jwk', { mode: 'json' }).$type<JWK>().notNull(),
    privateJwe: text('private_jwe'),
    publishedAt: integer('published_at').notNull(),
    activatesAt: integer('activates_at').notNull(),
    longestTokenSeconds: integer('longest_token_seconds').notNull(),
    erasedAt: integer('erased_at'),
    revokedAt: integer('revoked_at'),
    revocationReason: text('revocation_reason'),
  },
  (table) => [primaryKey({ columns: [table.alg, table.slot] })],
);

export const keyEvent = sqliteTable(
  'key_event',
  {
    seq: integer().primaryKey(),
    kid: text().notNull(),
    event: text({ enum: loggedEvents }).notNull(),
    jws: text().notNull(),
  },
  (table) => [unique('key_event_kid_event').on(table.kid, table.event)],
);

export const keySetReader = sqliteTable(
  'key_set_reader',
  {
    reader: text().notNull(),
    kid: text().notNull(),
    fetches: integer().notNull(),
    firstAt: integer('first_at').notNull(),
    lastAt: integer('last_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.reader, table.kid] }), index('key_set_reader_last_at').on(table.lastAt)],
);

const names = () => text({ mode: 'json' }).$type<readonly string[]>().notNull();

export const client = sqliteTable('client', {
  clientId: text('client_id').primaryKey(),
  clientName: text('client_name'),
  tokenEndpointAuthMethod: text('token_endpoint_auth_method').notNull(),
  grantTypes: text('grant_types', { mode: 'json' }).$type<readonly string[]>().notNull(),
  redirectUris: text('redirect_uris', { mode: 'json' }).$type<readonly string[]>().notNull(),
  scope: text({ mode: 'json' }).$type<readonly string[]>().notNull(),
  resources: text({ mode: 'json' }).$type<readonly string[]>().notNull(),
  clientSecretSha256: text('client_secret_sha256'),
  previousClientSecretSha256: text('previous_client_secret_sha256'),
  previousClientSecretExpiresAt: integer('previous_client_secret_expires_at'),
  clientIdIssuedAt: integer('client_id_issued_at').notNull(),
  applicationType: text('application_type', { enum: ['web', 'native'] })
    .notNull()
    .default('web'),
  serves: text({ mode: 'json' }).$type<readonly string[]>().notNull().default([]),
  firstParty: integer('first_party', { mode: 'boolean' }).notNull().default(false),
  dangerouslyAllowNoPkce: integer('dangerously_allow_no_pkce', { mode: 'boolean' }).notNull().default(false),
  idTokenSignedResponseAlg: text('id_token_signed_response_alg', { enum: signingAlgorithms })
    .notNull()
    .default('RS256'),
  userinfoSignedResponseAlg: text('userinfo_signed_response_alg', { enum: signingAlgorithms }),
  idTokenClaims: text('id_token_claims', { mode: 'json' }).$type<readonly string[]>().notNull().default([]),
  postLogoutRedirectUris: text('post_logout_redirect_uris', { mode: 'json' })
    .$type<readonly string[]>()
    .notNull()
    .default([]),
  backchannelLogoutUri: text('backchannel_logout_uri'),
  backchannelLogoutSessionRequired: integer('backchannel_logout_session_required', { mode: 'boolean' })
    .notNull()
    .default(false),
  tokensNotBefore: integer('tokens_not_before'),
});

export const resource = sqliteTable('resource', {
  resource: text().primaryKey(),
  scope: text({ mode: 'json' }).$type<readonly string[]>().notNull(),
  accessTokenSeconds: integer('access_token_seconds').notNull(),
  accessTokenSigningAlg: text('access_token_signing_alg', { enum: signingAlgorithms }).notNull(),
  claims: text({ mode: 'json' }).$type<Readonly<Record<string, unknown>>>().notNull(),
  accessTokenClaims: text('access_token_claims', { mode: 'json' }).$type<readonly string[]>().notNull().default([]),
  statusList: integer('status_list', { mode: 'boolean' }).notNull().default(false),
  createdAt: integer('created_at').notNull(),
});

// `user` is a reserved word in Postgres.
export const endUser = sqliteTable('end_user', {
  sub: text().primaryKey(),
  username: text().notNull().unique(),
  email: text().unique(),
  emailVerified: integer('email_verified', { mode: 'boolean' }).notNull(),
  passwordHash: text('password_hash'),
  passwordChangedAt: integer('password_changed_at'),
  claims: text({ mode: 'json' }).$type<Readonly<Record<string, unknown>>>().notNull(),
  roles: names(),
  lockedAt: integer('locked_at'),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
});

export const session = sqliteTable(
  'session',
  {
    sessionHash: text('session_hash').primaryKey(),
    sid: text().notNull().unique(),
    sub: text().notNull(),
    browserHash: text('browser_hash').notNull(),
    authTime: integer('auth_time').notNull(),
    amr: names(),
    acr: text().notNull(),
    userAgent: text('user_agent'),
    lastSeenAt: integer('last_seen_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    endedAt: integer('ended_at'),
  },
  (table) => [
    index('session_sub_browser_hash').on(table.sub, table.browserHash),
    index('session_expires_at').on(table.expiresAt),
  ],
);

export const interaction = sqliteTable(
  'interaction',
  {
    idHash: text('id_hash').primaryKey(),
    browserHash: text('browser_hash').notNull(),
    parameters: text({ mode: 'json' }).$type<Readonly<Record<string, readonly string[]>>>().notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    accountChosenAt: integer('account_chosen_at'),
    consentedAt: integer('consented_at'),
  },
  (table) => [index('interaction_expires_at').on(table.expiresAt)],
);

export const consent = sqliteTable(
  'consent',
  {
    sub: text().notNull(),
    clientId: text('client_id').notNull(),
    scope: names(),
    claims: names(),
    resources: names(),
    grantedAt: integer('granted_at').notNull(),
    resourceScope: text('resource_scope', { mode: 'json' }).$type<readonly string[]>().notNull().default(sql`'[]'`),
  },
  (table) => [primaryKey({ columns: [table.sub, table.clientId] }), index('consent_client_id').on(table.clientId)],
);

/** The columns of AuthorizedByUser, shared by codes and families. */
const authorizedByUser = {
  clientId: text('client_id').notNull(),
  sub: text().notNull(),
  sid: text().notNull(),
  scope: names(),
  resource: text().notNull(),
  authTime: integer('auth_time').notNull(),
  acr: text().notNull(),
  amr: names(),
  nonce: text(),
  idTokenClaims: text('id_token_claims', { mode: 'json' }).$type<readonly string[]>().notNull(),
  userinfoClaims: text('userinfo_claims', { mode: 'json' }).$type<readonly string[]>().notNull(),
};

/** Where the access token that the code, or the refresh token, was exchanged for stands in a status list. */
const statusPlace = { listId: text('list_id'), turn: integer() };

export const authorizationCode = sqliteTable(
  'authorization_code',
  {
    codeHash: text('code_hash').primaryKey(),
    ...authorizedByUser,
    redirectUri: text('redirect_uri').notNull(),
    codeChallenge: text('code_challenge'),
    expiresAt: integer('expires_at').notNull(),
    usedAt: integer('used_at'),
    familyId: text('family_id').notNull(),
  },
  (table) => [
    index('authorization_code_sub_client_id').on(table.sub, table.clientId),
    index('authorization_code_unspent_expires_at').on(table.expiresAt).where(sql`used_at is null`),
    index('authorization_code_spent_family_id').on(table.familyId).where(sql`used_at is not null`),
  ],
);

export const tokenFamily = sqliteTable(
  'token_family',
  {
    familyId: text('family_id').primaryKey(),
    ...authorizedByUser,
    offline: integer({ mode: 'boolean' }).notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    endedAt: integer('ended_at'),
    endReason: text('end_reason'),
    ...statusPlace,
    secretHash: text('secret_hash'),
  },
  (table) => [
    index('token_family_sid').on(table.sid),
    index('token_family_sub_client_id').on(table.sub, table.clientId),
    index('token_family_client_id').on(table.clientId),
    index('token_family_expires_at').on(table.expiresAt),
    index('token_family_ended_at').on(table.endedAt).where(sql`ended_at is not null`),
  ],
);

export const refreshToken = sqliteTable(
  'refresh_token',
  {
    tokenHash: text('token_hash').primaryKey(),
    familyId: text('family_id').notNull(),
    expiresAt: integer('expires_at').notNull(),
    usedAt: integer('used_at'),
    answer: text(),
    ...statusPlace,
    tellsFamily: integer('tells_family', { mode: 'boolean' }).notNull().default(false),
  },
  (table) => [
    index('refresh_token_family_id').on(table.familyId),
    index('refresh_token_answered_used_at').on(table.usedAt).where(sql`answer is not null`),
  ],
);

export const deniedToken = sqliteTable(
  'denied_token',
  { jti: text().primaryKey(), expiresAt: integer('expires_at').notNull() },
  (table) => [index('denied_token_expires_at').on(table.expiresAt)],
);

export const rateLimit = sqliteTable(
  'rate_limit',
  {
    key: text().primaryKey(),
    /** GCRA's theoretical arrival time, fractional seconds. */
    arrivalAt: real('arrival_at').notNull(),
    allowed: integer({ mode: 'boolean' }).notNull(),
  },
  (table) => [index('rate_limit_arrival_at').on(table.arrivalAt)],
);

export const auditEvent = sqliteTable(
  'audit_event',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    at: integer().notNull(),
    type: text().notNull(),
    sub: text(),
    clientId: text('client_id'),
    sid: text(),
    address: text(),
    details: text({ mode: 'json' }).$type<Readonly<Record<string, string | number | boolean>>>().notNull(),
  },
  (table) => [index('audit_event_sub').on(table.sub), index('audit_event_client_id').on(table.clientId)],
);

/** Logout tokens waiting to be delivered. OpenID Connect Back-Channel Logout 1.0 §2.5. */
export const logoutDelivery = sqliteTable(
  'logout_delivery',
  {
    id: text().primaryKey(),
    clientId: text('client_id').notNull(),
    sub: text().notNull(),
    sid: text(),
    attempts: integer().notNull(),
    nextAttemptAt: integer('next_attempt_at').notNull(),
  },
  (table) => [index('logout_delivery_next_attempt_at').on(table.nextAttemptAt)],
);
