// How a client is named to people: by the name it gave itself, and always by where it lives, which it cannot choose freely.
// RFC 7591 §5.
import { html } from 'hono/html';
import type { Markup } from '../texts/catalogue.ts';
import { asItIs, plainLine, visibleText } from './untrusted_text.ts';

export interface ClientWords {
  /** client_name, as registered: untrusted. */
  readonly name: string | null;
  /** As shownHostOf says. */
  readonly host: string;
}

/** Where a redirect URI leads, for people: host and port (in ASCII, so nothing looks like what it is not), or the scheme of a native application. */
export const shownHostOf = (redirectUri: string): string => {
  const { host, protocol } = new URL(redirectUri);
  return host === '' ? protocol : host;
};

/** Plain words, for a title. */
export const clientNameOf = ({ name, host }: ClientWords): string => plainLine(name ?? '') || visibleText(host);

export const clientName = (client: ClientWords): Markup => asItIs(clientNameOf(client));

/** Whole: the end of a host is what says whose it is. */
export const clientHost = ({ host }: ClientWords): Markup => asItIs(visibleText(host));

/** Name and host; the host alone when there is no name. */
export const clientNameAndHost = (client: ClientWords): Markup => {
  const name = html`<b>${clientName(client)}</b>`;
  if (clientNameOf(client) === visibleText(client.host)) return name;
  return html`${name} <span class="host">${clientHost(client)}</span>`;
};
