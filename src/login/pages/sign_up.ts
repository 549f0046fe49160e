// The sign-up page: a new account. Posts username, email, name and password; what was typed comes back, the password never.
import { html } from 'hono/html';
import type { Markup, Texts } from '../texts/catalogue.ts';
import { errorNotice, field, hiddenInputs } from './form_parts.ts';
import { icon } from './icons.ts';
import { layout } from './layout.ts';

type Problems = Texts['signUp']['problems'];
export type PasswordProblem = keyof Texts['passwordProblems'];

/** What is wrong with a field, by its name. */
export interface SignUpProblems {
  readonly username?: keyof Problems['username'] | undefined;
  readonly email?: keyof Problems['email'] | undefined;
  readonly name?: keyof Problems['name'] | undefined;
  readonly password?: PasswordProblem | undefined;
}

export interface SignUpPage {
  readonly texts: Texts;
  readonly typed: { readonly username: string; readonly email: string; readonly name: string };
  readonly problems: SignUpProblems;
  /** Characters a password has at least. */
  readonly leastPassword: number;
  readonly csrf: string;
  readonly interaction: string | null;
  readonly action: string;
  readonly signInHref: string;
}

const noticeOf = ({ texts, problems }: SignUpPage): string | undefined =>
  Object.values(problems).some(Boolean) ? texts.signUp.problem : undefined;

const problemOf = <Kind extends string>(words: Readonly<Record<Kind, string>>, kind: Kind | undefined) =>
  kind === undefined ? undefined : words[kind];

const fieldOrder = ['username', 'email', 'name', 'password'] as const;

/** The first field that is wrong, or the first of all. */
const focusedField = ({ problems }: SignUpPage): (typeof fieldOrder)[number] =>
  fieldOrder.find((name) => problems[name] !== undefined) ?? 'username';

const fields = (page: SignUpPage): Markup => {
  const { texts, typed, problems, leastPassword } = page;
  const words = texts.signUp.problems;
  const focused = focusedField(page);
  return html`${field({
    ...{ name: 'username', label: texts.username, type: 'text', autocomplete: 'username', value: typed.username },
    ...{ hint: texts.signUp.usernameHint, problem: problemOf(words.username, problems.username) },
    focus: focused === 'username',
  })}
${field({
  ...{ name: 'email', label: texts.email, type: 'email', autocomplete: 'email', value: typed.email },
  ...{ problem: problemOf(words.email, problems.email), focus: focused === 'email' },
})}
${field({
  ...{ name: 'name', label: texts.name, type: 'text', autocomplete: 'name', value: typed.name },
  ...{ problem: problemOf(words.name, problems.name), focus: focused === 'name' },
})}
${field({
  ...{ name: 'password', label: texts.password, type: 'password', autocomplete: 'new-password', least: leastPassword },
  ...{ hint: texts.passwordRule(leastPassword), problem: problemOf(texts.passwordProblems, problems.password) },
  focus: focused === 'password',
})}`;
};

export const signUpPage = (page: SignUpPage): Markup => {
  const { texts, csrf, interaction, action, signInHref } = page;
  const notice = noticeOf(page);
  return layout({
    texts,
    title: notice === undefined ? texts.signUp.title : texts.errorTitle(texts.signUp.title),
    main: html`<div class="card">
<h1>${texts.signUp.title}</h1>
<p class="lead">${texts.signUp.lead}</p>
${notice && errorNotice('sign-up-error', notice)}
<form class="fields" method="post" action="${action}">
${hiddenInputs({ csrf, interaction })}
${fields(page)}
<button class="primary fill">${texts.signUp.submit}</button>
</form>
<p class="aside">${texts.signUp.signInQuestion} <a href="${signInHref}">${texts.signUp.signIn}</a></p>
</div>`,
    footer: html`<p>${icon('lock')}${texts.signIn.promise}</p>`,
  });
};
