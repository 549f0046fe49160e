// `keyturn resources add`, `list` and `remove`.
import { registerResource, resourceInformation } from '../client_registration/register_resource.ts';
import { readConfig } from '../config.ts';
import { OperatorError } from '../errors.ts';
import type { SigningAlgorithm } from '../seams/signer.ts';
import { auditEvent } from '../tokens/audit.ts';
import { secondsInWords } from './instants.ts';
import { safeText, shellWord } from './safe_text.ts';
import { type AnswerOptions, answer, type Terminal, warn } from './terminal.ts';
import { columns } from './text_layout.ts';
import { withExistingStore, withStore } from './with_store.ts';

interface AddOptions extends AnswerOptions {
  readonly scope: string;
  readonly accessTokenSeconds?: number;
  readonly accessTokenSigningAlg: SigningAlgorithm;
  readonly claim?: readonly (readonly [string, unknown])[];
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly accessTokenClaim?: readonly string[];
  readonly statusList?: boolean;
}

interface RemoveOptions extends AnswerOptions {
  readonly force?: boolean;
}

export const addResource = async (uri: string, options: AddOptions, terminal: Terminal): Promise<void> => {
  const { accessTokenSeconds, policy, ...config } = readConfig(terminal.environment);
  const metadata = {
    resource: uri,
    scope: options.scope,
    access_token_seconds: options.accessTokenSeconds,
    access_token_signing_alg: options.accessTokenSigningAlg,
    claims: { ...options.claims, ...Object.fromEntries(options.claim ?? []) },
    access_token_claims: options.accessTokenClaim,
    status_list: options.statusList,
  };
  const limits = { accessTokenSeconds, maxTokenSeconds: policy.maxTokenSeconds };
  const resource = registerResource(metadata, limits, terminal.clock.now());
  await withStore({ accessTokenSeconds, policy, ...config }, async (store) => {
    if (!(await store.addResource(resource, auditEvent('resource.added', { details: { resource: uri } }, terminal))))
      throw new OperatorError(
        `The resource ${uri} is there already; nothing was changed. To change it, remove it and add it again: npx keyturn resources remove ${shellWord(uri)}`,
      );
  });
  const words =
    `Added the resource ${uri}: tokens live ${secondsInWords(resource.accessTokenSeconds)}, signed with ` +
    `${resource.accessTokenSigningAlg}${resource.scope.length > 0 ? `, scope ${resource.scope.join(' ')}` : ''}` +
    `${resource.statusList ? ', with a place in a status list' : ''}.\n` +
    `Next, a client for it: npx keyturn clients add --resource ${shellWord(uri)}`;
  answer(terminal, options, resourceInformation(resource), words);
};

const heading = ['RESOURCE', 'SCOPE', 'TOKENS LIVE', 'ALG', 'STATUS LIST', 'CLAIMS'];

export const listResources = async (options: AnswerOptions, terminal: Terminal): Promise<void> => {
  const resources = await withExistingStore(readConfig(terminal.environment), (store) => store.listResources());
  const rows = resources.map(({ resource, scope, accessTokenSeconds, accessTokenSigningAlg, statusList, claims }) => [
    resource,
    scope.length === 0 ? '-' : scope.join(' '),
    `${accessTokenSeconds} s`,
    accessTokenSigningAlg,
    statusList ? 'yes' : 'no',
    Object.keys(claims).length === 0 ? '-' : safeText(JSON.stringify(claims)),
  ]);
  const none = 'There are no resources yet. Add one: npx keyturn resources add URI';
  const words = rows.length === 0 ? none : columns([heading, ...rows]);
  answer(terminal, options, { resources: resources.map(resourceInformation) }, words);
};

export const removeResource = async (uri: string, options: RemoveOptions, terminal: Terminal): Promise<void> => {
  const unknown = new OperatorError(
    `There is no resource ${safeText(uri)}; it is compared byte for byte. "keyturn resources list" shows those there are.`,
  );
  const { seconds, clientIds } = await withExistingStore(readConfig(terminal.environment), async (store) => {
    const resource = await store.findResource(uri);
    if (resource === undefined) throw unknown;
    const clients = (await store.listClients()).filter(({ resources }) => resources.includes(uri));
    const clientIds = clients.map(({ clientId }) => clientId);
    if (clientIds.length > 0 && !options.force)
      throw new OperatorError(
        `The resource ${uri} is named by ${clientIds.length} client${clientIds.length === 1 ? '' : 's'}, which would get no more tokens for it: ${clientIds.join(', ')}. Nothing was changed. Remove them first, or add --force.`,
      );
    const event = auditEvent('resource.removed', { details: { resource: uri } }, terminal);
    if (!(await store.removeResource(uri, event))) throw unknown;
    return { seconds: resource.accessTokenSeconds, clientIds };
  });
  if (clientIds.length > 0)
    warn(terminal, `Still registered for it, and refused with invalid_target from now on: ${clientIds.join(', ')}.`);
  const words =
    `Removed the resource ${uri}: no more tokens are made for it. Tokens that are out stay valid until they expire, ` +
    `at most ${secondsInWords(seconds)} from now: verifiers check them offline.`;
  answer(terminal, options, { resource: uri, removed: true, tokens_valid_seconds: seconds, clients: clientIds }, words);
};
