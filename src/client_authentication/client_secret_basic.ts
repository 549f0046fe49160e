// HTTP Basic with form-urlencoded client_id and client_secret. RFC 6749 §2.3.1, RFC 7617.
import { OAuthError } from '../errors.ts';
import { decodeFormValue } from '../form_urlencoded.ts';
import type { ClientAuthenticationMethod } from './credentials.ts';

const basicCredentials = /^basic +([A-Za-z0-9+/]+={0,2})$/i;
const printableAscii = /^[\x20-\x7e]*$/;

const malformed = (cause?: unknown) => new OAuthError('client_authentication_malformed', { cause });

/** Base64 is written in one way, its padding whole or left out: Buffer reads more than that. RFC 4648 §3.2, §3.5. */
const decodeBase64 = (token68: string): string => {
  const bytes = Buffer.from(token68, 'base64');
  const written = bytes.toString('base64');
  if (token68 !== written && token68 !== written.replace(/=+$/, '')) throw malformed();
  return bytes.toString('latin1');
};

const decode = (encoded: string): string => {
  try {
    return decodeFormValue(encoded);
  } catch (error) {
    throw malformed(error);
  }
};

export const clientSecretBasic: ClientAuthenticationMethod = {
  isUsed: ({ authorization }) => authorization !== undefined && /^basic\b/i.test(authorization),
  read: ({ authorization = '' }) => {
    const token68 = basicCredentials.exec(authorization)?.[1];
    if (token68 === undefined) throw malformed();
    const pair = decodeBase64(token68);
    const colon = pair.indexOf(':');
    if (colon < 1 || !printableAscii.test(pair)) throw malformed();
    return { clientId: decode(pair.slice(0, colon)), clientSecret: decode(pair.slice(colon + 1)) };
  },
};
