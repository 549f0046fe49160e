// The page of the demo application: what it was given, decoded. For loopback issuers, and so in English alone.
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

export interface DemoPage {
  readonly texts: Texts;
  /** Null while nobody has signed in to the demo. */
  readonly tokens: { readonly idToken: DecodedToken; readonly accessToken: DecodedToken } | null;
  /** What went wrong just now. */
  readonly problem: string | null;
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
  return html`<section class="card panel" aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
<p>${lead} ${expires > 0 ? `It expires ${durationFromNow(expires, texts)}.` : 'It has expired: refresh to get another.'}</p>
<h3>Header</h3>
${facts(header, texts)}
<h3>Claims</h3>
${facts(claims, texts)}
<details class="about"><summary>As it was sent</summary><p class="facts"><code>${jwt}</code></p></details>
</section>`;
};

const signedOut = ({ csrf, actions }: DemoPage): Markup => html`<section class="card panel" aria-labelledby="begin">
<h2 id="begin">Nobody is signed in here</h2>
<p>Signing in takes you to the issuer and back: authorization code, PKCE, exact redirect URI.</p>
<form class="fields" method="post" action="${actions.signIn}">
${hiddenInputs({ csrf })}
<button class="primary">${icon('key')}Sign in</button>
</form>
</section>`;

const signedIn = (page: DemoPage, { idToken, accessToken }: NonNullable<DemoPage['tokens']>): Markup => {
  const { csrf, actions, accountHref } = page;
  return html`<section class="card panel" aria-labelledby="session">
<h2 id="session">Signed in</h2>
<p>The ID token was verified with the key set of the issuer. The tokens are kept in a sealed cookie of this browser and nowhere else. <a href="${accountHref}">Your account</a> shows what this application may do.</p>
<form method="post" action="${actions.refresh}">
${hiddenInputs({ csrf })}
<div class="choices"><button formaction="${actions.signOut}">${icon('exit')}Sign out</button><button class="primary">${icon('clock')}Refresh</button></div>
</form>
</section>
${tokenPanel('id-token', 'ID token', 'For this application: who signed in, when and how.', idToken, page)}
${tokenPanel('access-token', 'Access token', 'For the service it names as its audience, which verifies it offline.', accessToken, page)}`;
};

export const demoPage = (page: DemoPage): Markup => {
  const { texts, tokens, problem } = page;
  const title = 'Demo application';
  return layout({
    texts,
    title: problem === null ? title : texts.errorTitle(title),
    width: 'wide',
    main: html`<div class="self"><span class="letter" aria-hidden="true">D</span><div>
<h1>${title}</h1>
<p>A relying party to try the issuer with. It is there for issuers on loopback alone.</p>
</div></div>
${problem && errorNotice('demo-problem', visibleText(problem))}
${tokens === null ? signedOut(page) : signedIn(page, tokens)}`,
  });
};
