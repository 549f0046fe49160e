// Keyturn as it is run, with the default configuration.
import { announce } from '../contender.ts';
import { fillDatabase, keyturnContender } from '../keyturn_facts.ts';
import { benchFolder, databaseIn, startKeyturn } from '../keyturn_process.ts';

const folder = benchFolder();
const facts = await fillDatabase(databaseIn(folder));
const { issuer, pid, stop } = await startKeyturn(folder);
announce(await keyturnContender(issuer, pid, facts), stop);
