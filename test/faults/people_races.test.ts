import Database from 'better-sqlite3';
import { issuer } from '../people.ts';
import { databasePathIn, makeFolder, startServer } from '../running_server.ts';
import { openPeopleIn } from './people_node.ts';
import { describePeopleRaces } from './people_races.ts';

describePeopleRaces('two processes on one SQLite file', async () => {
  const folder = makeFolder();
  const people = await openPeopleIn(folder);
  const environment = { KEYTURN_ISSUER: issuer };
  const servers = await Promise.all([startServer(folder, environment), startServer(folder, environment)]);
  const reader = new Database(databasePathIn(folder), { readonly: true });
  const unspent = reader.prepare('select count(*) from refresh_token where family_id = ? and used_at is null').pluck();
  return {
    people,
    servers,
    liveChildren: async (familyId) => unspent.get(familyId),
    close: async () => {
      reader.close();
      await Promise.all(servers.map((server) => server.stop()));
      await people.store.close();
    },
  };
});
