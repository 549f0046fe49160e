// What commands need to administer an issuer that runs elsewhere: its token, and its settings, above all the timings of
// the rotation, which must be alike on both sides.
import { type Remote, readRemoteSettings } from '../adapters/remote_store.ts';
import { type Config, readConfig, sharedSettings } from '../config.ts';
import { OperatorError } from '../errors.ts';
import type { Terminal } from './terminal.ts';

/** @throws {OperatorError} where the token is missing. */
export const remoteOf = ({ remote, adminToken }: Pick<Config, 'remote' | 'adminToken'>): Remote | undefined => {
  if (remote === undefined) return undefined;
  if (adminToken !== undefined) return { issuer: remote, token: adminToken };
  throw new OperatorError(
    "Remote administration needs the issuer's token in KEYTURN_ADMIN_TOKEN. It is never an option, because others can read command lines.",
  );
};

/** For what works on this machine alone. @throws {OperatorError} where another was named. */
export const assertNotRemote = ({ remote }: Pick<Config, 'remote'>, command: string): void => {
  if (remote !== undefined)
    throw new OperatorError(`"keyturn ${command}" only works on this machine. Leave out --remote and KEYTURN_REMOTE.`);
};

const isShared = (name: string): boolean => sharedSettings.some((shared) => shared === name);

/**
 * Takes the shared settings over from the issuer that KEYTURN_REMOTE names; those of this machine do not count then. What else
 * it tells, such as a ring of keys that others have, is none of its business.
 */
export const takeOverSettings = async (terminal: Terminal): Promise<void> => {
  const own = Object.fromEntries(Object.entries(terminal.environment).filter(([name]) => !isShared(name)));
  const remote = remoteOf(readConfig(own));
  if (remote === undefined) return;
  const theirs = Object.entries(await readRemoteSettings(remote)).filter(([name]) => isShared(name));
  terminal.environment = { ...own, ...Object.fromEntries(theirs) };
};
