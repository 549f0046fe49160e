// What a resource tells of itself, so that a client finds the issuer by itself: protected resource metadata. RFC 9728 §2, §3.
import { isLoopback } from './loopback.ts';
import { assertOptions, type OptionKinds } from './option_kinds.ts';
import { quoted } from './quoted.ts';

export interface ProtectedResourceOptions {
  /** The resource identifier, which is the `aud` of its tokens: an https URL (http on loopback) without a fragment. */
  readonly resource: string;
  /** The issuers whose tokens are taken here. */
  readonly authorizationServers: readonly [string, ...string[]];
  readonly scopesSupported?: readonly string[];
  readonly resourceName?: string;
  readonly resourceDocumentation?: string;
  readonly resourcePolicyUri?: string;
  readonly resourceTosUri?: string;
}

const kinds: OptionKinds<ProtectedResourceOptions> = {
  resource: 'string',
  authorizationServers: 'checked',
  scopesSupported: 'checked',
  resourceName: 'string',
  resourceDocumentation: 'string',
  resourcePolicyUri: 'string',
  resourceTosUri: 'string',
};

/** The document and where it is. */
export interface ProtectedResourceMetadata {
  /** Where clients fetch it; the `resource_metadata` of challenges. */
  readonly url: string;
  /** Its path, to route. */
  readonly path: string;
  /** The document, as JSON. */
  readonly body: string;
}

export const metadataHeaders: Readonly<Record<string, string>> = {
  'Content-Type': 'application/json',
  'Cache-Control': 'public, max-age=3600',
  'Access-Control-Allow-Origin': '*',
};

const parseResource = (resource: string): URL => {
  const url = URL.canParse(resource) ? new URL(resource) : undefined;
  const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url));
  if (url === undefined || !secure || resource.includes('#'))
    throw new TypeError(
      `The resource ${resource} cannot have metadata: expected an https URL without a fragment, or http on loopback (RFC 9728 §1.2). Leave the metadata out for a resource that is no URL.`,
    );
  return url;
};

/** @throws {TypeError} */
const readStrings = (name: string, values: unknown): readonly string[] => {
  if (Array.isArray(values) && values.length > 0 && values.every((value) => typeof value === 'string')) return values;
  throw new TypeError(`${name} is ${quoted(values)}, expected an array of strings, with one at least.`);
};

/**
 * Makes the metadata of a protected resource.
 *
 * @throws {TypeError} when the resource is not a URL that metadata can be found for.
 * @see RFC 9728 §3.1 https://www.rfc-editor.org/rfc/rfc9728#section-3.1
 */
export const protectedResourceMetadata = (options: ProtectedResourceOptions): ProtectedResourceMetadata => {
  assertOptions('protectedResource', options, kinds);
  const { resource, authorizationServers, scopesSupported } = options;
  const { origin, pathname, search } = parseResource(resource);
  // "Any terminating slash following the host component MUST be removed"; a slash that ends a longer path stays.
  const path = `/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`;
  const document = {
    resource,
    authorization_servers: readStrings('authorizationServers', authorizationServers),
    scopes_supported: scopesSupported === undefined ? undefined : readStrings('scopesSupported', scopesSupported),
    bearer_methods_supported: ['header'],
    resource_name: options.resourceName,
    resource_documentation: options.resourceDocumentation,
    resource_policy_uri: options.resourcePolicyUri,
    resource_tos_uri: options.resourceTosUri,
  };
  return { url: `${origin}${path}${search}`, path, body: JSON.stringify(document) };
};
