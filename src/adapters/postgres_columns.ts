// The kinds of columns that the Postgres tables are made of, so that their rows have the types of the SQLite ones.
import { bigint, customType, doublePrecision } from 'drizzle-orm/pg-core';

/**
 * Compared byte by byte, as in SQLite: an order that comes of the machine's locale differs between nodes of a cluster, and
 * breaks every index when the operating system gets new rules.
 */
const byteOrderedText = 'text collate "C"';

export const text = customType<{ data: string; driverData: string }>({ dataType: () => byteOrderedText });

/** As text: jsonb refuses U+0000 in a string and forgets the order of members. */
export const json = customType<{ data: unknown; driverData: string }>({
  dataType: () => byteOrderedText,
  toDriver: (value) => JSON.stringify(value),
  fromDriver: (value) => JSON.parse(value),
});

/** Of 64 bits, as SQLite's are: instants pass 32 in 2038. */
export const integer = (name = '') => bigint(name, { mode: 'number' });

export const real = doublePrecision;
