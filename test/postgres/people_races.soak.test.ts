import { describe } from 'vitest';
import { describePeopleRaces } from '../faults/people_races.ts';
import { hasPostgres } from './databases.ts';
import { startNodes } from './nodes.ts';

describe.runIf(hasPostgres)('people', () => {
  describePeopleRaces('three nodes on one Postgres', async () => {
    const nodes = await startNodes(() => [{}, {}, {}]);
    const unspent = 'select count(*)::int as count from refresh_token where family_id = $1 and used_at is null';
    return { ...nodes, liveChildren: async (familyId) => (await nodes.rows(unspent, [familyId]))[0]?.count };
  });
});
