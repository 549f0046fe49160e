// Where one is signed in, with a button to end each session.
import { html } from 'hono/html';
import type { NumericDate } from '../../seams/clock.ts';
import type { Markup, Texts } from '../texts/catalogue.ts';
import { browserOf } from './browser_words.ts';
import { hiddenInputs } from './form_parts.ts';
import { icon } from './icons.ts';
import { agoWords, instantWords, machineInstant } from './time_words.ts';

export interface AccountSession {
  readonly sid: string;
  readonly userAgent: string | null;
  readonly signedInAt: NumericDate;
  readonly lastSeenAt: NumericDate;
  /** The session this page is seen in. */
  readonly current: boolean;
}

export interface AccountSessions {
  readonly texts: Texts;
  readonly user: { readonly sub: string };
  readonly sessions: readonly AccountSession[];
  readonly csrf: string;
  readonly actions: { readonly endSession: string };
  readonly now: NumericDate;
}

/** A program that signs in every minute has tens of thousands. */
const mostShown = 50;
/** Whoever was seen within it is there. */
const nowSeconds = 60;

const sessionItem = (session: AccountSession, { texts, user, csrf, actions, now }: AccountSessions): Markup => {
  const { sid, userAgent, signedInAt, lastSeenAt, current } = session;
  const browser = browserOf(userAgent, texts);
  const words = texts.account;
  const at = (instant: NumericDate, said: string): Markup =>
    html`<time datetime="${machineInstant(instant)}">${said}</time>`;
  const seen =
    current || now - lastSeenAt < nowSeconds
      ? words.seenNow
      : words.lastSeen(at(lastSeenAt, agoWords(lastSeenAt, now, texts)));
  return html`<li><span class="tile">${icon(browser.icon)}</span>
<div><h3>${browser.words}${current && html` <span class="badge">${words.thisSession}</span>`}</h3>
<p>${words.signedIn(at(signedInAt, instantWords(signedInAt, texts)))}, ${seen}</p></div>
<form method="post" action="${actions.endSession}">
${hiddenInputs({ csrf, account: user.sub, sid })}
<button class="minor">${words.endSession}<span class="unseen">: ${browser.words}</span></button>
</form></li>`;
};

/** This one first, then those that were seen last. */
const shownFirst = (one: AccountSession, other: AccountSession): number =>
  Number(other.current) - Number(one.current) || other.lastSeenAt - one.lastSeenAt;

export const accountSessions = (page: AccountSessions): Markup => {
  const { texts } = page;
  const sessions = page.sessions.toSorted(shownFirst);
  const shown = sessions.slice(0, mostShown);
  const left = sessions.length - shown.length;
  return html`<section class="card panel" aria-labelledby="sessions">
<h2 id="sessions">${texts.account.sessions}</h2>
<p>${sessions.length > 0 ? texts.account.sessionsLead : texts.account.noSessions}</p>
${shown.length > 0 && html`<ul class="rows">${shown.map((session) => sessionItem(session, page))}</ul>`}
${left > 0 && html`<p>${texts.account.moreSessions(left)}</p>`}
</section>`;
};
