// Which redirection URIs may be registered. They are stored and later compared byte for byte, so what a browser and a
// comparison could read differently is refused here. RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §4.1.

const mostCharacters = 2048;
const printableWithoutSpace = /^[\x21-\x7e]*$/;
const schemeAndRest = /^([a-z][a-z0-9+.-]*):(.+)$/i;
const authority = /^\/\/([^/?]+)/;
const loopbackAuthority = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/** Run or read by the browser itself; they are named so that the refusal can say why. */
const dangerousSchemes = ['javascript', 'data', 'vbscript', 'file', 'blob', 'about', 'view-source'];

/** What an authorization response brings. RFC 6749 §4.1.2, RFC 9207 §2. */
const responseParameters = ['code', 'state', 'iss', 'error', 'error_description', 'error_uri'];

const webComplaint = (scheme: string, rest: string, uri: string): string | undefined => {
  const host = authority.exec(rest)?.[1];
  if (host === undefined || !URL.canParse(uri)) return `expected ${scheme}://HOST/...`;
  if (host.includes('@')) return 'expected no user name or password in it';
  if (scheme === 'http' && !loopbackAuthority.test(host))
    return 'expected https; http is for loopback alone: localhost, 127.0.0.1 or [::1] (RFC 8252 §7.3)';
  return undefined;
};

const schemeComplaint = (uri: string): string | undefined => {
  const [, found, rest] = schemeAndRest.exec(uri) ?? [];
  if (found === undefined || rest === undefined)
    return 'expected an absolute URI, like https://app.example.com/callback';
  const scheme = found.toLowerCase();
  if (scheme === 'https' || scheme === 'http') return webComplaint(scheme, rest, uri);
  if (dangerousSchemes.includes(scheme)) return `${scheme}: is never a redirection URI`;
  if (!scheme.includes('.'))
    return 'expected https, or for a native app a private-use scheme made of its domain name, like com.example.app:/callback (RFC 8252 §7.1)';
  return URL.canParse(uri) ? undefined : 'expected a valid URI';
};

const charactersComplaint = (uri: string): string | undefined => {
  if (uri.length > mostCharacters) return `expected at most ${mostCharacters} characters; it has ${uri.length}`;
  if (!printableWithoutSpace.test(uri))
    return 'expected printable ASCII without spaces; percent-encode the path, write the host in its xn-- form';
  if (uri.includes('\\')) return 'expected / where it has a backslash';
  if (uri.includes('#')) return 'expected no fragment (RFC 6749 §3.1.2)';
  return undefined;
};

/** A response adds to the query, and no parameter of it may be there twice. RFC 6749 §3.1, §3.1.2. */
const queryComplaint = (uri: string): string | undefined => {
  const [, query = ''] = /\?(.*)$/.exec(uri) ?? [];
  const own = [...new URLSearchParams(query).keys()].find((name) => responseParameters.includes(name));
  return own === undefined ? undefined : `expected no ${own} in the query: the answer brings its own (RFC 6749 §3.1)`;
};

/** @returns what keeps a URI from being returned to after a sign-out, undefined when nothing does. */
export const postLogoutRedirectUriComplaint = (uri: string): string | undefined => {
  const complaint = charactersComplaint(uri);
  if (complaint !== undefined) return complaint;
  if (uri.includes('*')) return 'expected no wildcard: register every redirection URI whole (RFC 9700 §4.1.3)';
  return schemeComplaint(uri);
};

/**
 * @returns what keeps a URI from being registered, undefined when nothing does.
 * @see RFC 8252 §7 https://www.rfc-editor.org/rfc/rfc8252#section-7
 */
export const redirectUriComplaint = (uri: string): string | undefined =>
  postLogoutRedirectUriComplaint(uri) ?? queryComplaint(uri);

/**
 * @returns what keeps a URI from being told of logouts, undefined when nothing does: https, or http on loopback.
 * @see OpenID Connect Back-Channel Logout 1.0 §2.2 https://openid.net/specs/openid-connect-backchannel-1_0.html#BCRegistration
 */
export const backchannelLogoutUriComplaint = (uri: string): string | undefined =>
  /^https?:/i.test(uri)
    ? (charactersComplaint(uri) ?? schemeComplaint(uri))
    : 'expected an absolute URI, like https://app.example.com/logout';
