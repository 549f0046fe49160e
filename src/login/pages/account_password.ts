// The form that changes the password.
import { html } from 'hono/html';
import type { Markup, Texts } from '../texts/catalogue.ts';
import { field, hiddenInputs } from './form_parts.ts';
import type { PasswordProblem } from './sign_up.ts';

export type ChangePasswordError =
  | { readonly kind: 'current_password'; readonly problem: keyof Texts['account']['currentPasswordProblems'] }
  | { readonly kind: 'new_password'; readonly problem: PasswordProblem };

export interface AccountPassword {
  readonly texts: Texts;
  readonly user: { readonly sub: string; readonly username: string };
  readonly error: ChangePasswordError | null;
  readonly leastPassword: number;
  readonly csrf: string;
  readonly actions: { readonly changePassword: string };
}

/** For password managers alone: without a name it is not sent. */
const whose = (username: string): Markup =>
  html`<input type="text" autocomplete="username" value="${username}" hidden>`;

export const accountPassword = ({ texts, user, error, leastPassword, csrf, actions }: AccountPassword): Markup => {
  const words = texts.account;
  const currentProblem = error?.kind === 'current_password' ? words.currentPasswordProblems[error.problem] : undefined;
  const newProblem = error?.kind === 'new_password' ? texts.passwordProblems[error.problem] : undefined;
  return html`<section class="card panel" aria-labelledby="change-password">
<h2 id="change-password">${words.changePassword}</h2>
<p>${words.changePasswordLead}</p>
<form class="fields" method="post" action="${actions.changePassword}">
${hiddenInputs({ csrf, account: user.sub })}
${whose(user.username)}
${field({
  ...{ name: 'current_password', label: words.currentPassword, type: 'password', autocomplete: 'current-password' },
  ...{ problem: currentProblem, focus: currentProblem !== undefined },
})}
${field({
  ...{ name: 'new_password', label: words.newPassword, type: 'password', autocomplete: 'new-password' },
  ...{ hint: texts.passwordRule(leastPassword), least: leastPassword },
  ...{ problem: newProblem, focus: newProblem !== undefined },
})}
<button class="primary">${words.submitPassword}</button>
</form>
</section>`;
};
