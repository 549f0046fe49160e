// The page that carries an authorization response to a client by POST: it submits itself, and has a button where no script
// runs. OAuth 2.0 Form Post Response Mode §2.
import { html } from 'hono/html';
import type { Markup, Texts } from '../texts/catalogue.ts';
import { type ClientWords, clientHost, clientName, clientNameOf } from './client_words.ts';
import { hiddenInputs } from './form_parts.ts';
import { layout } from './layout.ts';
import { formPostSecurityPolicy, hashSourceOf } from './style.ts';

export interface FormPostPage {
  readonly texts: Texts;
  readonly client: ClientWords;
  readonly redirectUri: string;
  /** The authorization response: code, state, iss, or error and its like. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** The prototype's submit: an input named submit would hide the form's own. */
const script = 'HTMLFormElement.prototype.submit.call(document.forms[0]);';

export const formPostPolicy = formPostSecurityPolicy(hashSourceOf(script));

export const formPostPage = ({ texts, client, redirectUri, parameters }: FormPostPage): Markup =>
  layout({
    texts,
    title: texts.formPost.title(clientNameOf(client)),
    main: html`<div class="card">
<h1>${texts.formPost.heading(clientName(client))}</h1>
<p class="lead">${texts.formPost.explanation(clientHost(client))}</p>
<form method="post" action="${redirectUri}">
${hiddenInputs(parameters)}
<button class="primary fill">${texts.formPost.submit}</button>
</form>
</div>`,
    script,
  });
