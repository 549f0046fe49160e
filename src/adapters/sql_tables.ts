// The tables of the repository, by the names it knows them under.
import { databaseCopy } from './sqlite_copy_schema.ts';
import { leasedTurns, revocationMark, revokedTurns, statusList } from './sqlite_revocation_schema.ts';
import {
  auditEvent,
  authorizationCode,
  client,
  consent,
  deniedToken,
  endUser,
  interaction,
  keyEvent,
  keySetReader,
  logoutDelivery,
  rateLimit,
  refreshToken,
  resource,
  session,
  signingKey,
  tokenFamily,
} from './sqlite_schema.ts';

export const sqliteTables = {
  auditEvent,
  authorizationCode,
  client,
  consent,
  databaseCopy,
  deniedToken,
  endUser,
  interaction,
  keyEvent,
  keySetReader,
  leasedTurns,
  logoutDelivery,
  rateLimit,
  refreshToken,
  resource,
  revocationMark,
  revokedTurns,
  session,
  signingKey,
  statusList,
  tokenFamily,
};

export type SqlTables = typeof sqliteTables;
