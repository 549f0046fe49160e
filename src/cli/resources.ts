// `keyturn resources`: what tokens are made for.
import { type Command, Option } from 'commander';
import { signingAlgorithms } from '../seams/signer.ts';
import { addCommand, addGroup } from './add_command.ts';
import { jsonObject, namedValue, wholeNumber } from './option_values.ts';
import type { Terminal } from './terminal.ts';

const longestSeconds = 366 * 86400;

export const addResources = (program: Command, terminal: Terminal): void => {
  const resources = addGroup(program, 'resources', 'Add and remove the resources tokens are made for');

  addCommand(resources, 'add <uri>', {
    about: 'Add a resource; the URI becomes the aud of its tokens, byte for byte',
    examples: [
      'resources add https://api.example.com --scope "read write"',
      'resources add https://api.example.com --access-token-seconds 300 --claim tenant=acme',
      'resources add https://api.example.com --status-list',
    ],
    notes: 'A claim is put into every access token for the resource. --claim may be repeated and wins over --claims.',
  })
    .option('--scope <scopes>', 'separated by spaces; default: none', '')
    .option(
      '--access-token-seconds <seconds>',
      'how long its tokens live; default: KEYTURN_ACCESS_TOKEN_SECONDS',
      wholeNumber(1, longestSeconds),
    )
    .addOption(
      new Option('--access-token-signing-alg <alg>', 'what its tokens are signed with')
        .choices(signingAlgorithms)
        .default('ES256'),
    )
    .option('--claim <name=value>', 'one claim; the value is JSON, or else text', namedValue)
    .option('--claims <json>', 'claims as a JSON object', jsonObject)
    .option('--access-token-claim <name...>', "end-user's claims put into its tokens, like roles")
    .option('--status-list', 'give its tokens a place in a status list, so that verifiers learn of a revocation')
    .action(async (uri, options) => (await import('./resources_change.ts')).addResource(uri, options, terminal));

  addCommand(resources, 'list', { about: 'Show every resource', examples: ['resources list'] }).action(
    async (options) => (await import('./resources_change.ts')).listResources(options, terminal),
  );

  addCommand(resources, 'remove <uri>', {
    about: 'Remove a resource; no more tokens are made for it',
    examples: ['resources remove https://api.example.com'],
    notes:
      'Tokens that are out stay valid until they expire: verifiers check them offline. To end those of a client: token revoke --client.',
  })
    .option('--force', 'even while clients are registered for it')
    .action(async (uri, options) => (await import('./resources_change.ts')).removeResource(uri, options, terminal));
};
