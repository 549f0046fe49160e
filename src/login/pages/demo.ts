// The page of the demo application: what it was given, decoded.
import { html } from 'hono/html';
import type { NumericDate } from '../../seams/clock.ts';
import type { Markup, Texts } from '../texts/catalogue.ts';
import { errorNotice, hiddenInputs } from './form_parts.ts';
import { icon } from './icons.ts';
import { layout } from './layout.ts';
import { durationFromNow, instantWords } from './time_words.ts';
import { visibleText } from './untrusted_text.ts';

type Members = Readonly<Record<string, unknown>>;

export interface DecodedToken {
  /** As received. */
  readonly jwt: string;
  readonly header: Members;
  readonly claims: Members;
}

/** A text of ours, or an error code with its description as they came. */
export type DemoProblem = keyof Texts['demo']['problems'] | { readonly error: string };

export interface DemoPage {
  readonly texts: Texts;
  /** Null while nobody has signed in to the demo. */
  readonly tokens: { readonly idToken: DecodedToken; readonly accessToken: DecodedToken } | null;
  /** What went wrong just now. */
  readonly problem: DemoProblem | null;
  readonly csrf: string;
  readonly actions: { readonly signIn: string; readonly refresh: string; readonly signOut: string };
  readonly accountHref: string;
  readonly now: NumericDate;
}

/** The claims that are instants. RFC 7519 §4.1, OpenID Connect Core 1.0 §2. */
const instants = ['exp', 'iat', 'nbf', 'auth_time', 'updated_at'];

const valueWords = (name: string, value: unknown, texts: Texts): string => {
  const words = visibleText(typeof value === 'string' ? value : JSON.stringify(value));
  return instants.includes(name) && typeof value === 'number' ? `${words} (${instantWords(value, texts)})` : words;
};

const facts = (members: Members, texts: Texts): Markup => html`<dl class="facts">
${Object.entries(members).map(
  ([name, value]) => html`<dt>${visibleText(name)}</dt><dd><code>${valueWords(name, value, texts)}</code></dd>
`,
)}</dl>`;

const tokenPanel = (
  id: string,
  title: string,
  lead: string,
  { jwt, header, claims }: DecodedToken,
  { texts, now }: DemoPage,
): Markup => {
  const expires = typeof claims.exp === 'number' ? claims.exp - now : 0;
  const { demo } = texts;
  return html`<section class="card panel" aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
<p>${lead} ${expires > 0 ? demo.expires(durationFromNow(expires, texts)) : demo.expired}</p>
<h3>${demo.header}</h3>
${facts(header, texts)}
<h3>${demo.claims}</h3>
${facts(claims, texts)}
<details class="about"><summary>${demo.asSent}</summary><p class="facts"><code>${jwt}</code></p></details>
</section>`;
};

const signedOut = ({
  csrf,
  actions,
  texts: { demo },
}: DemoPage): Markup => html`<section class="card panel" aria-labelledby="begin">
<h2 id="begin">${demo.nobody}</h2>
<p>${demo.nobodyLead}</p>
<form class="fields" method="post" action="${actions.signIn}">
${hiddenInputs({ csrf })}
<button class="primary">${icon('key')}${demo.signIn}</button>
</form>
</section>`;

const signedIn = (page: DemoPage, { idToken, accessToken }: NonNullable<DemoPage['tokens']>): Markup => {
  const { csrf, actions, accountHref } = page;
  const { demo } = page.texts;
  return html`<section class="card panel" aria-labelledby="session">
<h2 id="session">${demo.signedIn}</h2>
<p>${demo.signedInLead(html`<a href="${accountHref}">${demo.account}</a>`)}</p>
<form method="post" action="${actions.refresh}">
${hiddenInputs({ csrf })}
<div class="choices"><button formaction="${actions.signOut}">${icon('exit')}${demo.signOut}</button><button class="primary">${icon('clock')}${demo.refresh}</button></div>
</form>
</section>
${tokenPanel('id-token', demo.idToken, demo.idTokenLead, idToken, page)}
${tokenPanel('access-token', demo.accessToken, demo.accessTokenLead, accessToken, page)}`;
};

export const demoPage = (page: DemoPage): Markup => {
  const { texts, tokens, problem } = page;
  const { title, lead, problems } = texts.demo;
  return layout({
    texts,
    title: problem === null ? title : texts.errorTitle(title),
    width: 'wide',
    main: html`<div class="self"><span class="letter" aria-hidden="true">D</span><div>
<h1>${title}</h1>
<p>${lead}</p>
</div></div>
${problem && errorNotice('demo-problem', typeof problem === 'string' ? problems[problem] : visibleText(problem.error))}
${tokens === null ? signedOut(page) : signedIn(page, tokens)}`,
  });
};
