// What the forms are made of: labelled fields with their hints and problems, hidden inputs, notices.
import { html } from 'hono/html';
import type { Markup } from '../texts/catalogue.ts';
import { icon } from './icons.ts';

export interface Field {
  /** Its name on the wire, and its id. */
  readonly name: string;
  readonly label: string;
  readonly type: 'text' | 'email' | 'password';
  readonly autocomplete: string;
  readonly value?: string;
  readonly hint?: string;
  readonly problem?: string | undefined;
  /** The id of a notice that is about it. */
  readonly noticeId?: string | undefined;
  /** Whether the notice says that it is wrong. */
  readonly wrong?: boolean;
  readonly least?: number;
  readonly focus?: boolean;
}

const describedBy = ({ name, hint, problem, noticeId }: Field): string =>
  [noticeId, problem && `${name}-problem`, hint && `${name}-hint`].filter(Boolean).join(' ');

/** Plain words are typed as they are: no capital, no correction. A name is written in its own direction. */
const spelling = ({ name, type }: Field): Markup | false => {
  if (name === 'name') return html` dir="auto"`;
  return type === 'text' && html` autocapitalize="none" autocorrect="off" spellcheck="false"`;
};

export const field = (of: Field): Markup => {
  const { name, label, type, autocomplete, value, hint, problem, wrong, least, focus } = of;
  const description = describedBy(of);
  return html`<div class="field">
<label for="${name}">${label}</label>
<input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}"${spelling(of)} required${value && html` value="${value}"`}${least && html` minlength="${least}"`}${description !== '' && html` aria-describedby="${description}"`}${(problem || wrong) && html` aria-invalid="true"`}${focus && html` autofocus`}>
${problem && html`<p class="problem" id="${name}-problem">${icon('alert')}${problem}</p>`}
${hint && html`<p class="hint" id="${name}-hint">${hint}</p>`}
</div>`;
};

export const hiddenInputs = (values: Readonly<Record<string, string | null>>): Markup =>
  html`${Object.entries(values).map(
    ([name, value]) => value !== null && html`<input type="hidden" name="${name}" value="${value}">`,
  )}`;

export const errorNotice = (id: string, words: string): Markup =>
  html`<div class="notice danger" role="alert" id="${id}">${icon('alert')}<p>${words}</p></div>`;

export const successNotice = (words: string): Markup =>
  html`<div class="notice" role="status">${icon('check')}<p>${words}</p></div>`;
