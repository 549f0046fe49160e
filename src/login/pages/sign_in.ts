// The sign-in page: who is there, and, where a session is open already, the choice to go on as its user.
// OpenID Connect Core 1.0 §3.1.2.3; posts login and password, or account and choice=continue.
import { html } from 'hono/html';
import type { Markup, Texts } from '../texts/catalogue.ts';
import { type ClientWords, clientNameAndHost } from './client_words.ts';
import { errorNotice, field, hiddenInputs } from './form_parts.ts';
import { icon } from './icons.ts';
import { layout } from './layout.ts';
import { durationFromNow } from './time_words.ts';
import { letterOf, namedLine } from './untrusted_text.ts';

/** Why the form was not taken. `seconds`: until it may be sent again. */
export type SignInError =
  | { readonly kind: 'rate_limited'; readonly seconds: number }
  | { readonly kind: 'busy' | 'credentials_wrong' };

export interface SignInPage {
  readonly texts: Texts;
  /** Who asked; null when the end-user came by themselves. */
  readonly client: ClientWords | null;
  /** What was typed before, login_hint, or who is signed in and has to prove it anew. */
  readonly login: string | null;
  readonly error: SignInError | null;
  /** The user of the open session, to go on as (prompt=select_account). */
  readonly account: { readonly sub: string; readonly name: string; readonly username: string } | null;
  readonly signUpHref: string | null;
  readonly csrf: string;
  readonly interaction: string | null;
  readonly action: string;
}

const errorId = 'sign-in-error';

const errorWords = (error: SignInError, texts: Texts): string =>
  error.kind === 'rate_limited'
    ? texts.signIn.errors.rate_limited(durationFromNow(error.seconds, texts))
    : texts.signIn.errors[error.kind];

const notice = ({ texts, error }: SignInPage): Markup | null => error && errorNotice(errorId, errorWords(error, texts));

const credentialsForm = ({ texts, login, error, account, csrf, interaction, action }: SignInPage): Markup => {
  const told = error === null ? {} : { noticeId: errorId, wrong: error.kind === 'credentials_wrong' };
  const focused = account === null || error !== null;
  return html`<form class="fields" method="post" action="${action}">
${hiddenInputs({ csrf, interaction })}
${field({ name: 'login', label: texts.signIn.login, type: 'text', autocomplete: 'username', value: login ?? '', ...told, focus: focused && !login })}
${field({ name: 'password', label: texts.password, type: 'password', autocomplete: 'current-password', ...told, focus: focused && Boolean(login) })}
<button class="primary fill">${texts.signIn.submit}</button>
</form>`;
};

const accountChoice = (page: SignInPage, { sub, name, username }: NonNullable<SignInPage['account']>): Markup => {
  const { texts, error, csrf, interaction, action } = page;
  return html`<div class="person"><span class="letter" aria-hidden="true">${letterOf(name)}</span><p><b>${namedLine(name)}</b> <small>${namedLine(username)}</small></p></div>
<form method="post" action="${action}">
${hiddenInputs({ csrf, interaction, account: sub })}
<button class="primary fill" name="choice" value="continue"><span>${texts.signIn.continueAs(namedLine(name))}</span></button>
</form>
<details${error && html` open`}>
<summary>${texts.signIn.otherAccount}</summary>
${notice(page)}
${credentialsForm(page)}
</details>`;
};

export const signInPage = (page: SignInPage): Markup => {
  const { texts, client, error, account, signUpHref } = page;
  const heading = account === null ? texts.signIn.title : texts.signIn.chooseTitle;
  return layout({
    texts,
    title: error === null ? heading : texts.errorTitle(heading),
    main: html`<div class="card">
<h1>${heading}</h1>
<p class="lead">${client === null ? texts.signIn.toAccount : texts.signIn.toClient(clientNameAndHost(client))}</p>
${account === null && notice(page)}
${account === null ? credentialsForm(page) : accountChoice(page, account)}
${signUpHref && html`<p class="aside">${texts.signIn.signUpQuestion} <a href="${signUpHref}">${texts.signIn.signUp}</a></p>`}
</div>`,
    footer: html`<p>${icon('lock')}${texts.signIn.promise}</p>`,
  });
};
