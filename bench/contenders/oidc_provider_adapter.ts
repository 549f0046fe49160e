// The adapter of npm oidc-provider on better-sqlite3, with the durability Keyturn has: WAL and synchronous=FULL, so that
// what was answered survives a power failure. One table by model, as its documented adapters are.
import Database from 'better-sqlite3';

type Payload = Readonly<Record<string, unknown>>;

const schema = `
  CREATE TABLE IF NOT EXISTS model (
    name TEXT NOT NULL, id TEXT NOT NULL, payload TEXT NOT NULL, grant_id TEXT, uid TEXT, user_code TEXT,
    expires_at INTEGER, PRIMARY KEY (name, id)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS model_grant ON model (grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS model_uid ON model (name, uid) WHERE uid IS NOT NULL;
  CREATE INDEX IF NOT EXISTS model_user_code ON model (name, user_code) WHERE user_code IS NOT NULL;
`;

const epochSeconds = (): number => Math.floor(Date.now() / 1000);

interface Row {
  readonly payload: string;
  readonly expires_at: number | null;
}

const open = (path: string) => {
  const database = new Database(path);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec(schema);
  return {
    upsert: database.prepare(
      `INSERT INTO model (name, id, payload, grant_id, uid, user_code, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET payload = excluded.payload, grant_id = excluded.grant_id, uid = excluded.uid,
         user_code = excluded.user_code, expires_at = excluded.expires_at`,
    ),
    find: database.prepare<[string, string], Row>('SELECT payload, expires_at FROM model WHERE name = ? AND id = ?'),
    findByUid: database.prepare<[string, string], Row>(
      'SELECT payload, expires_at FROM model WHERE name = ? AND uid = ?',
    ),
    findByUserCode: database.prepare<[string, string], Row>(
      'SELECT payload, expires_at FROM model WHERE name = ? AND user_code = ?',
    ),
    consume: database.prepare(
      `UPDATE model SET payload = json_set(payload, '$.consumed', ?) WHERE name = ? AND id = ?`,
    ),
    destroy: database.prepare('DELETE FROM model WHERE name = ? AND id = ?'),
    revoke: database.prepare('DELETE FROM model WHERE grant_id = ?'),
  };
};

const payloadOf = (row: Row | undefined): Payload | undefined =>
  row === undefined || (row.expires_at !== null && row.expires_at <= epochSeconds())
    ? undefined
    : (JSON.parse(row.payload) as Payload);

/** @param path - of the database file. @returns the factory of oidc-provider's configuration. */
export const createSqliteAdapter = (path: string) => {
  const { upsert, find, findByUid, findByUserCode, consume, destroy, revoke } = open(path);
  return (name: string) => ({
    upsert: async (id: string, payload: Payload, expiresIn?: number) => {
      const expiresAt = expiresIn === undefined ? null : epochSeconds() + expiresIn;
      const { grantId = null, uid = null, userCode = null } = payload;
      upsert.run(name, id, JSON.stringify(payload), grantId, uid, userCode, expiresAt);
    },
    find: async (id: string) => payloadOf(find.get(name, id)),
    findByUid: async (uid: string) => payloadOf(findByUid.get(name, uid)),
    findByUserCode: async (userCode: string) => payloadOf(findByUserCode.get(name, userCode)),
    consume: async (id: string) => {
      consume.run(epochSeconds(), name, id);
    },
    destroy: async (id: string) => {
      destroy.run(name, id);
    },
    revokeByGrantId: async (grantId: string) => {
      revoke.run(grantId);
    },
  });
};
