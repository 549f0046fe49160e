// The token a request presents: in the Authorization header, once, and nowhere else. RFC 6750 §2.1, §3.1.

/** What of a request is looked at. */
export interface RequestCredentials {
  /** The Authorization header fields as they came; a surrounding that joins them with commas gives one. */
  readonly authorization: readonly string[];
  /** The request's URL or its path, with the query. */
  readonly url: string;
}

export type PresentedToken =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'none' }
  /** Bearer credentials that cannot be read, or more than one. */
  | { readonly kind: 'malformed' };

const bearer = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;
/** Not followed by another character of a scheme's name, RFC 9110 §5.6.2. */
const bearerScheme = /^bearer(?![\w!#$%&'*+.^`|~-])/i;
const laterBearer = /,\s*bearer\s/i;
/** RFC 6750 §2.3 is not served; a token there beside one in the header is a second one. */
const tokenInQuery = /[?&]access_token=/;

const none = { kind: 'none' } as const;
const malformed = { kind: 'malformed' } as const;

/** Another scheme is no Bearer credential at all, so the answer to it is the plain challenge. */
export const presentedToken = ({ authorization, url }: RequestCredentials): PresentedToken => {
  if (authorization.length > 1) return malformed;
  const credentials = authorization[0]?.trim() ?? '';
  if (!bearerScheme.test(credentials)) return laterBearer.test(credentials) ? malformed : none;
  const token = bearer.exec(credentials)?.[1];
  if (token === undefined || tokenInQuery.test(url)) return malformed;
  return { kind: 'token', token };
};

/** node:http's IncomingMessage, as far as it is looked at. */
export interface NodeRequest {
  readonly url?: string | undefined;
  readonly headers: { readonly authorization?: string | undefined };
  readonly rawHeaders?: readonly string[] | undefined;
}

/** Of two fields `headers` keeps the first without a word, so the raw ones count; those who make requests up may have none. */
const authorizationFieldsOf = ({ headers, rawHeaders = [] }: NodeRequest): readonly string[] => {
  const raw = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'authorization');
  if (raw.length > 0 || headers.authorization === undefined) return raw;
  return [headers.authorization];
};

export const credentialsOf = (request: NodeRequest): RequestCredentials => ({
  authorization: authorizationFieldsOf(request),
  url: request.url ?? '',
});
