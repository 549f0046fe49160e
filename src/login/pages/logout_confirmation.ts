// Asks before signing out, since any site can send a browser here. OpenID Connect RP-Initiated Logout 1.0 §2.
// Posts account, who was asked, and the parameters of the request.
import { html } from 'hono/html';
import type { Markup, Texts } from '../texts/catalogue.ts';
import { type ClientWords, clientNameAndHost } from './client_words.ts';
import { hiddenInputs } from './form_parts.ts';
import { icon } from './icons.ts';
import { layout } from './layout.ts';
import { letterOf, namedLine } from './untrusted_text.ts';

export interface LogoutConfirmationPage {
  readonly texts: Texts;
  /** Who asked, where that is proved (id_token_hint). */
  readonly client: ClientWords | null;
  /** Nameless in a browser that stayed away too long: whoever sits there now may be somebody else. */
  readonly user: { readonly sub: string; readonly name: string | null };
  /** The parameters of the request, to be checked anew. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly csrf: string;
  readonly action: string;
  readonly stayHref: string;
}

const person = (name: string): Markup =>
  html`<div class="person"><span class="letter" aria-hidden="true">${letterOf(name)}</span><p><b>${namedLine(name)}</b></p></div>`;

export const logoutConfirmationPage = (page: LogoutConfirmationPage): Markup => {
  const { texts, client, user, parameters, csrf, action, stayHref } = page;
  return layout({
    texts,
    title: texts.signOut.title,
    main: html`<div class="card">
<div class="emblem">${icon('exit')}</div>
<h1>${texts.signOut.title}</h1>
<p class="lead">${client && html`${texts.signOut.asked(clientNameAndHost(client))} `}${texts.signOut.explanation}</p>
${user.name !== null && person(user.name)}
<form method="post" action="${action}">
${hiddenInputs({ ...parameters, csrf, account: user.sub })}
<div class="choices"><a class="button" href="${stayHref}">${texts.signOut.stay}</a><button class="primary">${texts.signOut.submit}</button></div>
</form>
</div>`,
  });
};
