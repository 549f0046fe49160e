// `keyturn token`: for people who work with tokens at the terminal.
import { type Command, Option } from 'commander';
import { signingAlgorithms } from '../seams/signer.ts';
import { addCommand, addGroup } from './add_command.ts';
import { jsonObject, wholeNumber } from './option_values.ts';
import type { Terminal } from './terminal.ts';

const tenYears = 3660 * 86400;
const anyShift = wholeNumber(-tenYears, tenYears);

const addReading = (token: Command, terminal: Terminal): void => {
  addCommand(token, 'inspect <jwt>', {
    about: 'Decode a token without verifying it; - reads it from standard input',
    examples: ['token inspect "$TOKEN"', 'token inspect - < token.txt'],
    notes: 'Trust nothing that inspect prints: anyone can make up such a token.',
  }).action(async (jwt, options) => (await import('./token_inspect.ts')).inspectToken(jwt, options, terminal));

  addCommand(token, 'verify <jwt>', {
    about: 'Verify a token with the published key set, as a resource server does; - reads it from standard input',
    examples: [
      'token verify "$TOKEN" --audience https://api.example.com',
      'token verify "$TOKEN" --offline --jwks kept.jwks.json --issuer https://id.example.com',
    ],
    notes:
      'The key set is fetched from the issuer, so the server has to run; with --jwks nothing is fetched. Revocation is not ' +
      'checked. Exit code 1 means that the token does not verify.',
  })
    .option('--issuer <url>', 'the iss to expect, whose key set is fetched; default: KEYTURN_ISSUER')
    .option('--audience <uri>', 'the aud to expect; default: any')
    .option('--typ <typ>', 'the typ to expect in the header', 'at+jwt')
    .option('--jwks <file>', 'a key set to verify with, in place of the published one; - is standard input')
    .option('--offline', 'fetch nothing; needs a key set, --jwks')
    .action(async (jwt, options) => (await import('./token_verify.ts')).verifyToken(jwt, options, terminal));
};

const addMinting = (token: Command, terminal: Terminal): void => {
  addCommand(token, 'mint', {
    about: 'Sign a token with any claims, to test resource servers with; on a loopback issuer only',
    examples: [
      'token mint --resource https://api.example.com --scope read',
      'token mint --expires-in -60',
      'token mint --resource https://other.example.com',
      `token mint --header '{"typ":"JWT"}' --claims '{"sub":null}'`,
    ],
    notes:
      'The token alone goes to standard output: TOKEN=$(npx keyturn token mint). Claims and header members given ' +
      'here win over the usual ones, and null leaves one out. The signature is real: the active key makes it.',
  })
    .option('--resource <uri>', "the aud, registered or not; default: the client's first, or the only one")
    .option('--client-id <id>', 'the client_id, registered or not; default: a client of the resource')
    .option('--subject <sub>', 'the sub; default: the client_id')
    .option('--scope <scopes>', 'separated by spaces; default: what the client may have')
    .addOption(new Option('--alg <alg>', "default: the resource's").choices(signingAlgorithms))
    .option('--expires-in <seconds>', 'exp from now on; a negative number makes an expired token', anyShift)
    .option('--not-before-in <seconds>', 'nbf from now on; a positive number makes an early token', anyShift)
    .option('--claims <json>', 'claims to set, or to leave out with null', jsonObject)
    .option('--header <json>', 'header members to set, or to leave out with null', jsonObject)
    .action(async (options) => (await import('./token_mint.ts')).mintToken(options, terminal));
};

const addRevoking = (token: Command, terminal: Terminal): void => {
  addCommand(token, 'revoke', {
    about: 'End tokens before their time: one, or all of a session, of an end-user or of a client',
    examples: [
      'token revoke --jti 4cYlPfRk8ZcO1bqA.9x2k.0bQ3yG8cW1kF5mR7tJ2vXa',
      'token revoke --subject ada@example.com',
      'token revoke --session 3e0c1c2e-6a53-4e0f-9d53-0f5a4fd8a0f1',
      'token revoke --client first-client',
    ],
    notes:
      'Give one of these options. New tokens can still be had: a user can sign in again, a client can ask again. The running ' +
      'server tells verifiers: by the feed at once, by a status list when they fetch it next.',
  })
    .option('--jti <jti>', 'one access token')
    .option('--subject <user>', 'a user by username, e-mail address or sub: their sessions and all their tokens')
    .option('--session <sid>', 'a session and its tokens, those with offline_access too')
    .option('--client <id>', 'every token a client has, for users and for itself')
    .action(async (options) => (await import('./token_revoke.ts')).revokeTokens(options, terminal));
};

export const addToken = (program: Command, terminal: Terminal): void => {
  const token = addGroup(program, 'token', 'Inspect, verify, mint and revoke tokens');
  addReading(token, terminal);
  addMinting(token, terminal);
  addRevoking(token, terminal);
};
