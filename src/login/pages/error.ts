// The page of an error that goes to no client: what happened, what to do next, and the request's id. It echoes nothing of
// the request, and leads nowhere but to an application that is registered. RFC 6749 §4.1.2.1.
import { html } from 'hono/html';
import type { Markup, Texts } from '../texts/catalogue.ts';
import { type ClientWords, clientNameAndHost } from './client_words.ts';
import { icon } from './icons.ts';
import { layout } from './layout.ts';
import { durationFromNow } from './time_words.ts';

export type ErrorKind = keyof Texts['errors'];

/** To the application, where it is known. */
export interface WayBack {
  readonly client: ClientWords;
  readonly href: string;
}

export interface ErrorPage {
  readonly texts: Texts;
  readonly kind: ErrorKind;
  readonly requestId: string;
  /** Where it is known when to try again. */
  readonly retryAfterSeconds: number | null;
  readonly wayBack?: WayBack | undefined;
}

export const errorPage = ({ texts, kind, requestId, retryAfterSeconds, wayBack }: ErrorPage): Markup => {
  const { heading, explanation, next } = texts.errors[kind];
  return layout({
    texts,
    title: texts.errorTitle(heading),
    main: html`<div class="card">
<div class="emblem danger">${icon('alert')}</div>
<h1>${heading}</h1>
<p class="lead">${explanation}</p>
<p class="small">${next}${retryAfterSeconds !== null && ` ${texts.errorPage.tryAgain(durationFromNow(retryAfterSeconds, texts))}`}</p>
${wayBack && html`<a class="button fill" href="${wayBack.href}"><span>${texts.errorPage.open(clientNameAndHost(wayBack.client))}</span></a>`}
<dl class="facts"><dt>${texts.errorPage.code}</dt><dd><code>${kind}</code></dd><dt>${texts.errorPage.requestId}</dt><dd><code>${requestId}</code></dd></dl>
</div>`,
  });
};
