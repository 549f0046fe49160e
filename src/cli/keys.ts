// `keyturn keys`: what there is to see of the rings and to do to them.
import { type Command, Option } from 'commander';
import { signingAlgorithms } from '../seams/signer.ts';
import { addCommand, addGroup } from './add_command.ts';
import type { Terminal } from './terminal.ts';

const rollOut =
  'With more than one node, every node must know a key-encryption key before any node wraps with it: run "keyturn keys ' +
  'add-kek --last" once, give the ring to all nodes and restart them; then run "keyturn keys promote-kek", give the ' +
  'ring to all nodes and restart them again; then rewrap. A node that meets a signing key wrapped with a key-encryption ' +
  'key it does not know cannot sign with it.';

const addReading = (keys: Command, terminal: Terminal): void => {
  addCommand(keys, 'list', {
    about: 'Show the keys of both rings, their states and a timeline',
    examples: ['keys list', 'keys list --all --json'],
  })
    .option('--all', 'also the keys that have left the key set')
    .action(async (options) => (await import('./keys_list.ts')).listKeys(options, terminal));

  addCommand(keys, 'history', {
    about: 'Show everything that ever happened to the keys, in order',
    examples: ['keys history'],
  }).action(async (options) => (await import('./keys_history.ts')).showKeyHistory(options, terminal));

  addCommand(keys, 'verify-history <file>', {
    about: 'Check a saved copy of the published key history, by itself and against the live one',
    examples: [
      'keys verify-history copy.jwt',
      'keys verify-history copy.jwt --issuer https://id.example.com',
      'keys verify-history copy.jwt --offline',
    ],
    notes:
      'The history is at /historical-keys below the issuer; save it with "curl ISSUER/historical-keys > copy.jwt". ' +
      'Checked are the chain of hashes, every signature, that each was made by the key that was active then, and that ' +
      'the live history begins with the copy. Where they part, it says at which entry. No database and no secret are ' +
      'needed. Exit code 1 means that something does not hold.',
  })
    .option('--issuer <url>', 'whose history is live; default: KEYTURN_ISSUER')
    .option('--offline', 'check the copy alone')
    .action(async (file, options) => (await import('./keys_verify_history.ts')).verifyHistory(file, options, terminal));
};

const addTurning = (keys: Command, terminal: Terminal): void => {
  addCommand(keys, 'rotate', {
    about: 'Let the standby take over now instead of on schedule',
    examples: ['keys rotate', 'keys rotate --alg ES256'],
    notes:
      'Refused while the standby has been published for less than the lead time: a verifier may not have it yet. Without ' +
      '--alg both rings turn, or neither: it says of each what to do. ' +
      'For a compromised key use "keyturn keys revoke".',
  })
    .addOption(new Option('--alg <alg>', 'one ring alone').choices(signingAlgorithms))
    .action(async (options) => (await import('./keys_rotate.ts')).rotateKeys(options, terminal));

  addCommand(keys, 'revoke <kid>', {
    about: 'Revoke a compromised key at once, and say how long verifiers may still accept it',
    examples: [
      'keys revoke NzbLsXh8 --dry-run',
      'keys revoke NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs --reason "laptop stolen"',
    ],
    notes:
      'Tokens signed with the key stop verifying. When it is the active key, the standby takes over at once, and a key ' +
      'nobody has seen takes over after the lead time. There is no way back. The first 8 characters of a kid are ' +
      'enough where no other key starts with them.',
  })
    .option('--reason <text>', 'public: it is told in the key history, for ever', 'unspecified')
    .option(
      '--dry-run',
      'change nothing; say what would happen, how long each verifier may accept the key, what to purge',
    )
    // A kid may start with a dash.
    .allowUnknownOption()
    .action(async (kid, options) => (await import('./keys_revoke.ts')).revoke(kid, options, terminal));
};

const addDrill = (keys: Command, terminal: Terminal): void => {
  addCommand(keys, 'drill', {
    about: 'Rehearse a compromise on a throw-away ring, and measure how long its key is accepted',
    examples: ['keys drill'],
    notes:
      'Starts an issuer of its own on loopback, with a database and a key-encryption key in a temporary folder and ' +
      'constants of seconds, lets verifiers of each kind check tokens against it, steals and revokes the key that signs, ' +
      'and prints the times measured beside the bounds. It takes about a quarter of a minute, never touches the ' +
      'configured issuer, and leaves nothing behind (a kill -9 leaves the folder keyturn-drill-*). Exit code 1 means ' +
      'that a bound did not hold or a good token was refused.',
  }).action(async (options) => (await import('./keys_drill.ts')).drillRevocation(options, terminal));
};

const addWrapping = (keys: Command, terminal: Terminal): void => {
  addCommand(keys, 'add-kek', {
    about: 'Put a new key-encryption key first into the ring file (KEYTURN_KEK_RING_FILE)',
    examples: ['keys add-kek', 'keys add-kek --last'],
    notes: `Afterwards restart the node, then run "keyturn keys rewrap". ${rollOut}`,
  })
    .option('--last', 'put it last: it unwraps, and wraps nothing before it is promoted')
    .action(async (options) => (await import('./keys_kek.ts')).addKek(options, terminal));

  addCommand(keys, 'promote-kek [kid]', {
    about: 'Move a key-encryption key of the ring file to the front, so that it wraps from now on',
    examples: ['keys promote-kek', 'keys promote-kek kek-0f5a7c1e9b3d'],
    notes: `Without a kid it is the last key of the ring. ${rollOut}`,
  }).action(async (kid, options) => (await import('./keys_kek.ts')).promoteKek(kid, options, terminal));

  addCommand(keys, 'rewrap', {
    about: 'Wrap every private key with the first key-encryption key of the ring',
    examples: ['keys rewrap'],
    notes: `Safe to interrupt and to repeat. Keep the older key-encryption keys in the ring until it is done. ${rollOut}`,
  }).action(async (options) => (await import('./keys_rewrap.ts')).rewrap(options, terminal));
};

export const addKeys = (program: Command, terminal: Terminal): void => {
  const keys = addGroup(program, 'keys', 'See and turn the signing keys');
  addReading(keys, terminal);
  addTurning(keys, terminal);
  addDrill(keys, terminal);
  addWrapping(keys, terminal);
};
