// The tables of Postgres: those of sqlite_schema.ts, to the name and the row. postgres_columns.ts says how they differ.

import { sql } from 'drizzle-orm';
import { boolean, index, pgTable, primaryKey, unique } from 'drizzle-orm/pg-core';
import type { JWK } from 'jose';
import type { LoggedEvent } from '../seams/key_event_store.ts';
import type { SigningAlgorithm } from '../seams/signer.ts';
import { integer, json, real, text } from './postgres_columns.ts';

export const signingKey = pgTable(
  'signing_key',
  {
    alg: text().$type<SigningAlgorithm>().notNull(),
    slot: integer().notNull(),
    kid: text().notNull().unique(),
    publicJwk: json('public_jwk').$type<JWK>().notNull(),
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

export const keyEvent = pgTable(
  'key_event',
  {
    seq: integer().primaryKey(),
    kid: text().notNull(),
    event: text().$type<LoggedEvent>().notNull(),
    jws: text().notNull(),
  },
  (table) => [unique('key_event_kid_event').on(table.kid, table.event)],
);

export const keySetReader = pgTable(
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

const names = () => json().$type<readonly string[]>().notNull();

export const client = pgTable('client', {
  clientId: text('client_id').primaryKey(),
  clientName: text('client_name'),
  tokenEndpointAuthMethod: text('token_endpoint_auth_method').notNull(),
  grantTypes: json('grant_types').$type<readonly string[]>().notNull(),
  redirectUris: json('redirect_uris').$type<readonly string[]>().notNull(),
  scope: json().$type<readonly string[]>().notNull(),
  resources: json().$type<readonly string[]>().notNull(),
  clientSecretSha256: text('client_secret_sha256'),
  previousClientSecretSha256: text('previous_client_secret_sha256'),
  previousClientSecretExpiresAt: integer('previous_client_secret_expires_at'),
  clientIdIssuedAt: integer('client_id_issued_at').notNull(),
  applicationType: text('application_type').$type<'web' | 'native'>().notNull().default('web'),
  serves: json().$type<readonly string[]>().notNull().default(sql`'[]'`),
  firstParty: boolean('first_party').notNull().default(false),
  dangerouslyAllowNoPkce: boolean('dangerously_allow_no_pkce').notNull().default(false),
  idTokenSignedResponseAlg: text('id_token_signed_response_alg').$type<SigningAlgorithm>().notNull().default('RS256'),
  userinfoSignedResponseAlg: text('userinfo_signed_response_alg').$type<SigningAlgorithm>(),
  idTokenClaims: json('id_token_claims').$type<readonly string[]>().notNull().default(sql`'[]'`),
  postLogoutRedirectUris: json('post_logout_redirect_uris').$type<readonly string[]>().notNull().default(sql`'[]'`),
  backchannelLogoutUri: text('backchannel_logout_uri'),
  backchannelLogoutSessionRequired: boolean('backchannel_logout_session_required').notNull().default(false),
  tokensNotBefore: integer('tokens_not_before'),
});

export const resource = pgTable('resource', {
  resource: text().primaryKey(),
  scope: json().$type<readonly string[]>().notNull(),
  accessTokenSeconds: integer('access_token_seconds').notNull(),
  accessTokenSigningAlg: text('access_token_signing_alg').$type<SigningAlgorithm>().notNull(),
  claims: json().$type<Readonly<Record<string, unknown>>>().notNull(),
  accessTokenClaims: json('access_token_claims').$type<readonly string[]>().notNull().default(sql`'[]'`),
  statusList: boolean('status_list').notNull().default(false),
  createdAt: integer('created_at').notNull(),
});

// `user` is a reserved word in Postgres.
export const endUser = pgTable('end_user', {
  sub: text().primaryKey(),
  username: text().notNull().unique(),
  email: text().unique(),
  emailVerified: boolean('email_verified').notNull(),
  passwordHash: text('password_hash'),
  passwordChangedAt: integer('password_changed_at'),
  claims: json().$type<Readonly<Record<string, unknown>>>().notNull(),
  roles: names(),
  lockedAt: integer('locked_at'),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
});

export const session = pgTable(
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

export const interaction = pgTable(
  'interaction',
  {
    idHash: text('id_hash').primaryKey(),
    browserHash: text('browser_hash').notNull(),
    parameters: json().$type<Readonly<Record<string, readonly string[]>>>().notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    accountChosenAt: integer('account_chosen_at'),
    consentedAt: integer('consented_at'),
  },
  (table) => [index('interaction_expires_at').on(table.expiresAt)],
);

export const consent = pgTable(
  'consent',
  {
    sub: text().notNull(),
    clientId: text('client_id').notNull(),
    scope: names(),
    claims: names(),
    resources: names(),
    grantedAt: integer('granted_at').notNull(),
    resourceScope: json('resource_scope').$type<readonly string[]>().notNull().default(sql`'[]'`),
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
  idTokenClaims: json('id_token_claims').$type<readonly string[]>().notNull(),
  userinfoClaims: json('userinfo_claims').$type<readonly string[]>().notNull(),
};

/** Where the access token that the code, or the refresh token, was exchanged for stands in a status list. */
const statusPlace = { listId: text('list_id'), turn: integer() };

export const authorizationCode = pgTable(
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

export const tokenFamily = pgTable(
  'token_family',
  {
    familyId: text('family_id').primaryKey(),
    ...authorizedByUser,
    offline: boolean().notNull(),
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

export const refreshToken = pgTable(
  'refresh_token',
  {
    tokenHash: text('token_hash').primaryKey(),
    familyId: text('family_id').notNull(),
    expiresAt: integer('expires_at').notNull(),
    usedAt: integer('used_at'),
    answer: text(),
    ...statusPlace,
    tellsFamily: boolean('tells_family').notNull().default(false),
  },
  (table) => [
    index('refresh_token_family_id').on(table.familyId),
    index('refresh_token_answered_used_at').on(table.usedAt).where(sql`answer is not null`),
  ],
);

export const deniedToken = pgTable(
  'denied_token',
  { jti: text().primaryKey(), expiresAt: integer('expires_at').notNull() },
  (table) => [index('denied_token_expires_at').on(table.expiresAt)],
);

export const rateLimit = pgTable(
  'rate_limit',
  {
    key: text().primaryKey(),
    /** GCRA's theoretical arrival time, fractional seconds. */
    arrivalAt: real('arrival_at').notNull(),
    allowed: boolean().notNull(),
  },
  (table) => [index('rate_limit_arrival_at').on(table.arrivalAt)],
);

export const auditEvent = pgTable(
  'audit_event',
  {
    id: integer().primaryKey().generatedByDefaultAsIdentity(),
    at: integer().notNull(),
    type: text().notNull(),
    sub: text(),
    clientId: text('client_id'),
    sid: text(),
    address: text(),
    details: json().$type<Readonly<Record<string, string | number | boolean>>>().notNull(),
  },
  (table) => [index('audit_event_sub').on(table.sub), index('audit_event_client_id').on(table.clientId)],
);

/** Logout tokens waiting to be delivered. OpenID Connect Back-Channel Logout 1.0 §2.5. */
export const logoutDelivery = pgTable(
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
