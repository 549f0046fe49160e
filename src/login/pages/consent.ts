// The consent page: what a client asks for, in words, and the end-user's answer. OpenID Connect Core 1.0 §3.1.2.4.
// Posts decision=allow or decision=deny, with bound_to: what was shown is what is allowed, by who was asked.
import { html } from 'hono/html';
import type { Markup, Texts } from '../texts/catalogue.ts';
import { type Access, accessList } from './access_list.ts';
import { type ClientWords, clientHost, clientName, clientNameOf } from './client_words.ts';
import { hiddenInputs } from './form_parts.ts';
import { icon, mark } from './icons.ts';
import { layout } from './layout.ts';
import { letterOf, namedLine, visibleText } from './untrusted_text.ts';

export interface ConsentPage {
  readonly texts: Texts;
  readonly client: ClientWords & { readonly clientId: string };
  readonly userName: string;
  readonly access: Access;
  /** A MAC over what is shown. */
  readonly boundTo: string;
  /** Where to sign in as somebody else. */
  readonly otherAccountHref: string;
  readonly csrf: string;
  readonly interaction: string;
  readonly action: string;
}

const pair = (name: string): Markup =>
  html`<div class="pair" aria-hidden="true"><span class="letter">${letterOf(name)}</span><i></i><span class="ours">${mark()}</span></div>`;

const about = ({ texts, client }: ConsentPage): Markup => html`<details class="about">
<summary>${texts.consent.about}</summary>
<dl class="facts"><dt>${texts.consent.clientId}</dt><dd><code>${visibleText(client.clientId)}</code></dd><dt>${texts.consent.origin}</dt><dd><code>${visibleText(client.host)}</code></dd></dl>
</details>`;

export const consentPage = (page: ConsentPage): Markup => {
  const { texts, client, userName, access, boundTo, otherAccountHref, csrf, interaction, action } = page;
  const name = clientNameOf(client);
  return layout({
    texts,
    title: texts.consent.title(name),
    main: html`<div class="card asks">
${pair(name)}
<h1>${texts.consent.heading(clientName(client))}</h1>
<p class="lead">${texts.consent.signedInAs(html`<b>${namedLine(userName)}</b>`)} <a href="${otherAccountHref}">${texts.consent.otherAccount}</a></p>
<div class="origin"><p>${icon('globe')}<span class="unseen">${texts.consent.originLabel}</span> ${clientHost(client)}</p></div>
<h2>${texts.consent.accessHeading}</h2>
${accessList(access, texts)}
<p class="small">${texts.consent.next(html`<b>${clientHost(client)}</b>`)}</p>
<form method="post" action="${action}">
${hiddenInputs({ csrf, interaction, bound_to: boundTo })}
<div class="choices"><button name="decision" value="deny">${texts.consent.deny}</button><button class="primary" name="decision" value="allow">${texts.consent.allow}</button></div>
</form>
${about(page)}
</div>`,
  });
};
