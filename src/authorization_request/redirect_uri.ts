// redirect_uri: exactly one of the registered ones. RFC 9700 §2.1; the loopback port is free for native clients, RFC 8252 §7.3.
import type { Client } from '../seams/client_store.ts';

const loopbackUri = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?::(\d{1,5}))?(\/[^?#]*)?(\?[^#]*)?$/;

interface LoopbackParts {
  readonly host: string;
  readonly path: string;
  readonly query: string;
}

const loopbackPartsOf = (uri: string): LoopbackParts | undefined => {
  const match = loopbackUri.exec(uri);
  if (match === null || Number(match[2] ?? 0) > 65535) return undefined;
  return { host: match[1] ?? '', path: match[3] ?? '', query: match[4] ?? '' };
};

/** One registered without a path stands for any port with no path, or `/`. */
const matchesButForPort = (presented: string, registered: string): boolean => {
  const [left, right] = [loopbackPartsOf(presented), loopbackPartsOf(registered)];
  if (left === undefined || right === undefined) return false;
  const samePath = left.path === right.path || (right.path === '' && left.path === '/');
  return left.host === right.host && samePath && left.query === right.query;
};

/**
 * Whether a redirect_uri is one of the client's: simple string comparison, and nothing cleverer.
 *
 * @see RFC 9700 §2.1 https://www.rfc-editor.org/rfc/rfc9700#section-2.1
 */
export const isRegisteredRedirectUri = (presented: string, client: Client): boolean =>
  client.redirectUris.some(
    (registered) =>
      registered === presented || (client.applicationType === 'native' && matchesButForPort(presented, registered)),
  );
