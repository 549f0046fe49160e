// Which applications have access, with a button to withdraw it.
import { html } from 'hono/html';
import type { NumericDate } from '../../seams/clock.ts';
import type { Markup, Texts } from '../texts/catalogue.ts';
import { type Access, accessWords } from './access_list.ts';
import { type ClientWords, clientHost, clientName, clientNameOf } from './client_words.ts';
import { hiddenInputs } from './form_parts.ts';
import { instantWords, machineInstant } from './time_words.ts';
import { letterOf } from './untrusted_text.ts';

export interface GrantedApplication {
  readonly clientId: string;
  readonly client: ClientWords;
  readonly grantedAt: NumericDate;
  readonly access: Access;
}

export interface AccountApplications {
  readonly texts: Texts;
  readonly user: { readonly sub: string };
  readonly applications: readonly GrantedApplication[];
  readonly csrf: string;
  readonly actions: { readonly withdrawConsent: string };
}

const applicationItem = (
  application: GrantedApplication,
  { texts, user, csrf, actions }: AccountApplications,
): Markup => {
  const { clientId, client, grantedAt, access } = application;
  const name = clientNameOf(client);
  const since = html`<time datetime="${machineInstant(grantedAt)}">${instantWords(grantedAt, texts)}</time>`;
  return html`<li><span class="letter" aria-hidden="true">${letterOf(name)}</span>
<div><h3>${clientName(client)}</h3>
<p>${name !== client.host && html`${clientHost(client)} · `}${texts.account.since(since)}</p>
${accessWords(access, texts)}</div>
<form method="post" action="${actions.withdrawConsent}">
${hiddenInputs({ csrf, account: user.sub, client_id: clientId })}
<button class="minor withdraw">${texts.account.withdraw}<span class="unseen">: ${clientName(client)}</span></button>
</form></li>`;
};

export const accountApplications = (page: AccountApplications): Markup => {
  const { texts, applications } = page;
  return html`<section class="card panel" aria-labelledby="applications">
<h2 id="applications">${texts.account.applications}</h2>
<p>${applications.length > 0 ? texts.account.applicationsLead : texts.account.noApplications}</p>
${applications.length > 0 && html`<ul class="rows">${applications.map((application) => applicationItem(application, page))}</ul>`}
</section>`;
};
