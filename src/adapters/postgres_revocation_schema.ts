// The tables of revocation, of Postgres: those of sqlite_revocation_schema.ts, and the rows that writers wait at.
import { index, pgTable, primaryKey } from 'drizzle-orm/pg-core';
import type { MarkKind } from '../seams/revocation_store.ts';
import { integer, text } from './postgres_columns.ts';

/** Token Status Lists, each given out by one process. docs/storage.md says why. */
export const statusList = pgTable(
  'status_list',
  {
    listId: text('list_id').primaryKey(),
    secret: text().notNull(),
    places: integer().notNull(),
    expiresAt: integer('expires_at').notNull(),
  },
  (table) => [index('status_list_expires_at').on(table.expiresAt)],
);

/** Turns of a list that went to tokens of one client. */
export const leasedTurns = pgTable(
  'leased_turns',
  {
    listId: text('list_id').notNull(),
    turn: integer().notNull(),
    count: integer().notNull(),
    clientId: text('client_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.listId, table.turn] }), index('leased_turns_client_id').on(table.clientId)],
);

export const revokedTurns = pgTable(
  'revoked_turns',
  {
    id: integer().primaryKey().generatedByDefaultAsIdentity(),
    listId: text('list_id').notNull(),
    turn: integer().notNull(),
    count: integer().notNull(),
  },
  (table) => [index('revoked_turns_list_id').on(table.listId)],
);

export const revocationMark = pgTable(
  'revocation_mark',
  {
    id: integer().primaryKey().generatedByDefaultAsIdentity(),
    nonce: text().notNull(),
    kind: text().$type<MarkKind>().notNull(),
    value: text().notNull(),
    notBefore: integer('not_before'),
    markedAt: integer('marked_at').notNull(),
  },
  (table) => [
    index('revocation_mark_kind_value').on(table.kind, table.value),
    index('revocation_mark_marked_at').on(table.markedAt),
  ],
);

/**
 * Rows that exist to be locked. `revocations`: ids of turns and marks ascend in the order of commits, so whoever adds one
 * holds it until the commit. `logins`: a username and an e-mail address of two users must not be the same.
 * `key_set_readers`: there are only so many. `logout_deliveries`: whoever takes some leaves the next to others.
 */
export const lockRow = pgTable('lock_row', { name: text().primaryKey() });
