// The page after signing out, where no client is to be returned to. OpenID Connect RP-Initiated Logout 1.0 §2.
import { html } from 'hono/html';
import type { Markup, Texts } from '../texts/catalogue.ts';
import { icon } from './icons.ts';
import { layout } from './layout.ts';

export interface SignedOutPage {
  readonly texts: Texts;
  readonly signInHref: string;
}

export const signedOutPage = ({ texts, signInHref }: SignedOutPage): Markup =>
  layout({
    texts,
    title: texts.signedOut.title,
    main: html`<div class="card">
<div class="emblem">${icon('check')}</div>
<h1>${texts.signedOut.title}</h1>
<p class="lead">${texts.signedOut.explanation}</p>
<p class="small">${texts.signedOut.next}</p>
<a class="button fill" href="${signInHref}">${texts.signedOut.signIn}</a>
</div>`,
  });
