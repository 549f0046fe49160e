// `keyturn token mint`: a really signed token with any claims and header, for tests of resource servers. Loopback only.
import { type Config, readConfig } from '../config.ts';
import { OperatorError } from '../errors.ts';
import type { ActiveSigner } from '../keys/key_ring.ts';
import { encodeSegment, signCompact } from '../keys/segment.ts';
import { openProvider } from '../node.ts';
import type { Provider } from '../provider.ts';
import { type Client, clientDefaults } from '../seams/client_store.ts';
import type { NumericDate } from '../seams/clock.ts';
import type { Log } from '../seams/log.ts';
import type { Resource } from '../seams/resource_store.ts';
import type { SigningAlgorithm } from '../seams/signer.ts';
import { accessTokenClaims } from '../tokens/access_token.ts';
import type { Authorization } from '../tokens/authorization.ts';
import { issuerResource } from '../tokens/requested_resource.ts';
import { assertNotRemote } from './remote.ts';
import { safeJson } from './safe_text.ts';
import { type AnswerOptions, type Terminal, warn } from './terminal.ts';

type Members = Readonly<Record<string, unknown>>;

interface MintOptions extends AnswerOptions {
  readonly resource?: string;
  readonly clientId?: string;
  readonly subject?: string;
  readonly scope?: string;
  readonly alg?: SigningAlgorithm;
  readonly expiresIn?: number;
  readonly notBeforeIn?: number;
  readonly claims?: Members;
  readonly header?: Members;
}

const inventedClientId = 'minted-by-keyturn';

const unregisteredResource = (resource: string, config: Config): Resource => ({
  ...issuerResource({ config }),
  resource,
});

const unregisteredClient = (clientId: string, resource: Resource): Client => ({
  clientId,
  ...clientDefaults,
  tokenEndpointAuthMethod: 'none',
  grantTypes: [],
  scope: resource.scope,
  resources: [resource.resource],
  clientSecretSha256: null,
  clientIdIssuedAt: 0,
});

const resourceFor = (named: string | undefined, client: Client | undefined, resources: readonly Resource[]): string => {
  const identifier = named ?? client?.resources[0] ?? (resources.length === 1 ? resources[0]?.resource : undefined);
  if (identifier !== undefined) return identifier;
  throw new OperatorError(
    `There are ${resources.length} resources, so which one the token is for must be said: --resource URI (it need not be registered).`,
  );
};

/** What the token would have been issued for, registered or invented. */
const authorizationOf = async (options: MintOptions, { store, config }: Provider): Promise<Authorization> => {
  const [clients, resources] = [await store.listClients(), await store.listResources()];
  const named = clients.find(({ clientId }) => clientId === options.clientId);
  const identifier = resourceFor(options.resource, named, resources);
  const resource =
    resources.find((candidate) => candidate.resource === identifier) ?? unregisteredResource(identifier, config);
  const ofResource =
    options.clientId === undefined ? clients.find((client) => client.resources.includes(identifier)) : named;
  const client = ofResource ?? unregisteredClient(options.clientId ?? inventedClientId, resource);
  const scope = options.scope?.split(' ') ?? client.scope.filter((value) => resource.scope.includes(value));
  return { client, subject: options.subject ?? client.clientId, resource, scope };
};

const withoutNulls = (members: Members): Members =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));

const claimsOf = async (
  authorization: Authorization,
  options: MintOptions,
  { config, places }: Provider,
  now: NumericDate,
): Promise<Members> => {
  const { client, resource } = authorization;
  const { expiresIn = resource.accessTokenSeconds, notBeforeIn } = options;
  // An expired token was issued in the past, as a real one would have been.
  const issuedAt = expiresIn > 0 ? now : now + expiresIn - resource.accessTokenSeconds;
  const lifetimeSeconds = now + expiresIn - issuedAt;
  const isListed = resource.statusList && client.clientIdIssuedAt > 0 && expiresIn > 0;
  const place = isListed ? await places.allocate(client, issuedAt + lifetimeSeconds, lifetimeSeconds) : undefined;
  return withoutNulls({
    ...accessTokenClaims(authorization, { issuer: config.issuer, issuedAt, lifetimeSeconds, place }),
    ...(notBeforeIn !== undefined && { nbf: now + notBeforeIn }),
    ...options.claims,
  });
};

const warnOfOutliving = (
  claims: Members,
  { longestTokenSeconds }: ActiveSigner,
  now: number,
  terminal: Terminal,
): void => {
  if (typeof claims.exp !== 'number' || claims.exp <= now + longestTokenSeconds) return;
  warn(
    terminal,
    `The token lives longer than ${longestTokenSeconds} s (KEYTURN_MAX_TOKEN_SECONDS): its key may leave the key set before it expires.`,
  );
};

const logTo = (terminal: Terminal): Log => ({
  info: () => undefined,
  warn: (_fields, message) => warn(terminal, message),
  error: (_fields, message) => warn(terminal, message),
});

export const mintToken = async (options: MintOptions, terminal: Terminal): Promise<void> => {
  const config = readConfig(terminal.environment);
  assertNotRemote(config, 'token mint');
  if (!config.loopback)
    throw new OperatorError(
      `Tokens are minted for a loopback issuer only, and KEYTURN_ISSUER is ${config.issuer}. Its tokens come from the token endpoint alone; to test with any claims start an issuer on http://localhost.`,
    );
  const provider = await openProvider(config, logTo(terminal));
  try {
    const authorization = await authorizationOf(options, provider);
    const now = terminal.clock.now();
    const active = provider.keyRing.activeSigner(options.alg ?? authorization.resource.accessTokenSigningAlg);
    const { alg, kid } = active.signer;
    const header = withoutNulls({ alg, typ: 'at+jwt', kid, ...options.header });
    const claims = await claimsOf(authorization, options, provider, now);
    warnOfOutliving(claims, active, now, terminal);
    const token = await signCompact(encodeSegment(header), claims, active.signer);
    terminal.print(options.json ? safeJson({ token, header, claims }) : token);
  } finally {
    await provider.store.close();
  }
};
