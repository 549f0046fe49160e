// The tables of revocation, of better-sqlite3 and D1: status lists, and the marks of the feed. docs/storage.md.
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { markKinds } from '../seams/revocation_store.ts';

/** Token Status Lists, each given out by one process. docs/storage.md says why. */
export const statusList = sqliteTable(
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
export const leasedTurns = sqliteTable(
  'leased_turns',
  {
    listId: text('list_id').notNull(),
    turn: integer().notNull(),
    count: integer().notNull(),
    clientId: text('client_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.listId, table.turn] }), index('leased_turns_client_id').on(table.clientId)],
);

export const revokedTurns = sqliteTable(
  'revoked_turns',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    listId: text('list_id').notNull(),
    turn: integer().notNull(),
    count: integer().notNull(),
  },
  (table) => [index('revoked_turns_list_id').on(table.listId)],
);

export const revocationMark = sqliteTable(
  'revocation_mark',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    nonce: text().notNull(),
    kind: text({ enum: markKinds }).notNull(),
    value: text().notNull(),
    notBefore: integer('not_before'),
    markedAt: integer('marked_at').notNull(),
  },
  (table) => [
    index('revocation_mark_kind_value').on(table.kind, table.value),
    index('revocation_mark_marked_at').on(table.markedAt),
  ],
);
