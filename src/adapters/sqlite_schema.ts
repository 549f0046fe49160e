// The tables of better-sqlite3 and D1. Instants are NumericDate (whole seconds); columns are named as in the RFCs.

import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { JWK } from 'jose';
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
});

export const resource = sqliteTable('resource', {
  resource: text().primaryKey(),
  scope: text({ mode: 'json' }).$type<readonly string[]>().notNull(),
  accessTokenSeconds: integer('access_token_seconds').notNull(),
  accessTokenSigningAlg: text('access_token_signing_alg', { enum: signingAlgorithms }).notNull(),
  claims: text({ mode: 'json' }).$type<Readonly<Record<string, unknown>>>().notNull(),
  createdAt: integer('created_at').notNull(),
});
