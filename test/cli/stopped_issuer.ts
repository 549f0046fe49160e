// What the tests of commands begin with: an issuer that does not run, in a folder of its own for each test, and the ways to
// give it a command.
import { beforeEach } from 'vitest';
import type { Store } from '../../src/seams/store.ts';
import { makeFolder } from '../running_server.ts';
import { loopbackIn, runCommand, type Template, withStoreAt } from './in_process.ts';

/** A key as `keys list` has it, in part. */
export interface ListedKey {
  readonly kid: string;
  readonly alg: string;
  readonly state: string;
}

/** To be called where a file begins. @param template - what each test finds in the folder; nothing where left out. */
export const stoppedIssuer = (template?: Template) => {
  /** Of this test, which may change the settings. */
  const issuer = { folder: '', environment: loopbackIn('') };
  beforeEach(() => {
    issuer.folder = makeFolder();
    issuer.environment = loopbackIn(issuer.folder);
    template?.copyTo(issuer.folder);
  });
  const keyturn = (...args: readonly string[]) => runCommand(args, { environment: issuer.environment });
  /** What a command prints with `--json`. */
  const document = async (...args: readonly string[]) => JSON.parse((await keyturn(...args, '--json')).stdout);
  return {
    issuer,
    keyturn,
    document,
    piping: (input: string, ...args: readonly string[]) => runCommand(args, { environment: issuer.environment, input }),
    typing: (typed: readonly string[], ...args: readonly string[]) =>
      runCommand(args, { environment: issuer.environment, typed }),
    /** Does to its store what a server would. */
    withStore: <Result>(work: (store: Store) => Promise<Result>): Promise<Result> =>
      withStoreAt(issuer.folder, Math.floor(Date.now() / 1000), work),
    /** @returns the kid of the key in a state. */
    keyIn: async (state: string, alg = 'ES256'): Promise<string> => {
      const { keys } = (await document('keys', 'list')) as { readonly keys: readonly ListedKey[] };
      return keys.find((key) => key.state === state && key.alg === alg)?.kid ?? 'none';
    },
  };
};
