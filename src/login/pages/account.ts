// The account page: who one is, where one is signed in, which applications have access, the password. Each can be ended
// or changed here. Posts account, whose page it is, and sid, client_id, or current_password and new_password.
import { html } from 'hono/html';
import type { NumericDate } from '../../seams/clock.ts';
import type { Markup, Texts } from '../texts/catalogue.ts';
import { accountApplications, type GrantedApplication } from './account_applications.ts';
import { accountPassword, type ChangePasswordError } from './account_password.ts';
import { type AccountSession, accountSessions } from './account_sessions.ts';
import { errorNotice, hiddenInputs, successNotice } from './form_parts.ts';
import { icon } from './icons.ts';
import { layout } from './layout.ts';
import { letterOf, namedLine } from './untrusted_text.ts';

export interface AccountPage {
  readonly texts: Texts;
  readonly user: {
    readonly sub: string;
    readonly username: string;
    readonly email: string | null;
    readonly name: string | null;
  };
  readonly sessions: readonly AccountSession[];
  readonly applications: readonly GrantedApplication[];
  /** What was done just now. */
  readonly notice: keyof Texts['account']['notices'] | null;
  readonly error: ChangePasswordError | null;
  /** Characters a password has at least. */
  readonly leastPassword: number;
  readonly csrf: string;
  /** Where each form goes. */
  readonly actions: {
    readonly endSession: string;
    readonly withdrawConsent: string;
    readonly changePassword: string;
    readonly signOut: string;
  };
  readonly now: NumericDate;
}

const self = ({ user: { username, email, name } }: AccountPage): Markup => {
  const title = name ?? username;
  return html`<div class="self"><span class="letter" aria-hidden="true">${letterOf(title)}</span><div>
<h1>${namedLine(title)}</h1>
<p>${[name === null ? null : username, email].filter((line) => line !== null).map((line, index) => html`${index > 0 && ' · '}${namedLine(line)}`)}</p>
</div></div>`;
};

const signOut = (page: AccountPage): Markup => {
  const { texts, user, csrf, actions } = page;
  return html`<form method="post" action="${actions.signOut}">
${hiddenInputs({ csrf, account: user.sub })}
<button class="minor">${icon('exit')}${texts.account.signOut}</button>
</form>`;
};

export const accountPage = (page: AccountPage): Markup => {
  const { texts, notice, error } = page;
  return layout({
    texts,
    title: error === null ? texts.account.title : texts.errorTitle(texts.account.title),
    width: 'wide',
    topAction: signOut(page),
    main: html`${self(page)}
${notice && successNotice(texts.account.notices[notice])}
${error && errorNotice('account-error', texts.account.errorNotice)}
${accountSessions(page)}
${accountApplications(page)}
${accountPassword(page)}`,
    footer: html`<p>${icon('clock')}${texts.account.utc}</p>`,
  });
};
