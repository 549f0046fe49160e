// `keyturn clients`: who may ask for tokens.
import { type Command, Option } from 'commander';
import { signingAlgorithms } from '../seams/signer.ts';
import { addCommand, addGroup } from './add_command.ts';
import { wholeNumber } from './option_values.ts';
import type { Terminal } from './terminal.ts';

const longestOverlapSeconds = 90 * 86400;

/** What end-users signing in makes of a client. */
const withEndUserOptions = (add: Command): Command =>
  add
    .addOption(
      new Option('--application-type <type>', 'native: on a device; may use any port on loopback').choices([
        'web',
        'native',
      ]),
    )
    .option('--post-logout-redirect-uri <uri...>', 'where an end-user may be sent after signing out')
    .option('--backchannel-logout-uri <uri>', 'told when an end-user signs out')
    .option('--backchannel-logout-session-required', 'the logout token must name the session (sid)')
    .addOption(new Option('--id-token-signed-response-alg <alg>', 'default: RS256').choices(signingAlgorithms))
    .addOption(new Option('--userinfo-signed-response-alg <alg>', 'default: not signed').choices(signingAlgorithms))
    .option('--id-token-claim <name...>', "end-user's claims put into ID tokens, like roles")
    .option('--first-party', 'our own application: its end-users are not asked for consent')
    .option('--serves <uri...>', 'resources it serves: it may introspect their tokens')
    .option(
      '--dangerously-allow-no-pkce',
      'accept codes without PKCE, where its software has none; confidential clients only',
    );

const addAdding = (clients: Command, terminal: Terminal): void => {
  const add = addCommand(clients, 'add', {
    about: 'Register a client and show its secret, once',
    examples: [
      'clients add --client-name "Billing" --resource https://api.example.com --scope "read write"',
      'clients add --client-name "Shop" --grant-type authorization_code refresh_token --redirect-uri https://shop.example/callback',
      'clients add --from metadata.json',
      'clients add --from - < metadata.json',
    ],
    notes:
      'Metadata is that of RFC 7591 §2 and OpenID Connect, with `resources` beside it: the resource identifiers the ' +
      'client may ask tokens for, the first by default. The file may bring client_id and client_secret along from another issuer; a secret is ' +
      'never an option, because others can read command lines. Options win over the file.',
  })
    .option('--from <file>', 'read the metadata from a JSON file, or from standard input for -')
    .option('--client-id <id>', 'default: generated')
    .option('--client-name <name>', 'for people to read')
    .option('--grant-type <type...>', 'default: authorization_code with --redirect-uri, client_credentials without')
    .option('--redirect-uri <uri...>', 'compared byte for byte; required for authorization_code')
    .option('--token-endpoint-auth-method <method>', 'client_secret_basic (default), client_secret_post or none')
    .option(
      '--scope <scopes>',
      'separated by spaces; default: every scope of its resources; for authorization_code also openid profile email offline_access',
    )
    .option('--resource <uri...>', 'default: the only resource there is; not needed for authorization_code');
  withEndUserOptions(add).action(async (options) => (await import('./clients_add.ts')).addClient(options, terminal));
};

const addReading = (clients: Command, terminal: Terminal): void => {
  addCommand(clients, 'list', { about: 'Show every client', examples: ['clients list'] }).action(async (options) =>
    (await import('./clients_show.ts')).listClients(options, terminal),
  );

  addCommand(clients, 'show <client_id>', {
    about: 'Show one client; its secret is kept as a hash and cannot be shown',
    examples: ['clients show first-client'],
  }).action(async (id, options) => (await import('./clients_show.ts')).showClient(id, options, terminal));
};

const addMoving = (clients: Command, terminal: Terminal): void => {
  addCommand(clients, 'export <client_id>', {
    about: 'Print a client with the hash of its secret, as JSON, to be imported elsewhere',
    examples: ['clients export first-client > client.json'],
  }).action(async (id, _options) => (await import('./clients_move.ts')).exportClient(id, terminal));

  addCommand(clients, 'import <file>', {
    about: 'Add a client that another Keyturn exported; it goes on with the secret it has',
    examples: ['clients import client.json', 'clients import - < client.json'],
    notes: 'Its resources must be there first: npx keyturn resources add URI.',
  }).action(async (file, options) => (await import('./clients_move.ts')).importClient(file, options, terminal));
};

const addChanging = (clients: Command, terminal: Terminal): void => {
  addCommand(clients, 'rotate-secret <client_id>', {
    about: 'Give a client a new secret and show it, once',
    examples: ['clients rotate-secret first-client', 'clients rotate-secret first-client --overlap-seconds 86400'],
    notes: 'At most two secrets work at a time: rotating again within the overlap ends the older one.',
  })
    .option(
      '--overlap-seconds <seconds>',
      'how long the present secret goes on working',
      wholeNumber(0, longestOverlapSeconds),
      0,
    )
    .action(async (id, options) => (await import('./clients_change.ts')).rotateSecret(id, options, terminal));

  addCommand(clients, 'remove <client_id>', {
    about: 'Remove a client; it gets no more tokens',
    examples: ['clients remove first-client'],
    notes: 'Tokens it has are revoked. At verifiers that do not follow revocation they stay valid until they expire.',
  }).action(async (id, options) => (await import('./clients_change.ts')).removeClient(id, options, terminal));
};

export const addClients = (program: Command, terminal: Terminal): void => {
  const clients = addGroup(program, 'clients', 'Register and remove clients');
  addAdding(clients, terminal);
  addReading(clients, terminal);
  addMoving(clients, terminal);
  addChanging(clients, terminal);
};
