// The page at the issuer: what it is, its keys over time, how to verify, its endpoints. Public data alone.
import { html, raw } from 'hono/html';
import type { RingTimeline } from '../../keys/timeline.ts';
import { colouredMark, tabIcon } from '../../login/pages/icons.ts';
import type { SigningAlgorithm } from '../../seams/signer.ts';
import { keyList } from './key_list.ts';
import { type ReadersSeen, readersInWords } from './readers_seen.ts';
import { durationWords } from './time_words.ts';
import { describeRing, drawingHeightOf, type Markup, ringDrawing } from './timeline_drawing.ts';

export interface EndpointLink {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly words: string;
}

export interface RootPage {
  readonly issuer: string;
  readonly jwksUri: string;
  readonly signing: boolean;
  readonly rings: readonly RingTimeline[];
  /** Of rings that have a standby. */
  readonly readers: ReadonlyMap<SigningAlgorithm, ReadersSeen>;
  readonly endpoints: readonly EndpointLink[];
  readonly style: string;
  readonly script: string;
}

const ringWords: Readonly<Record<SigningAlgorithm, string>> = {
  ES256: 'ECDSA on P-256 with SHA-256',
  RS256: 'RSA 2048 with SHA-256',
};

/** A long issuer is broken after its dots rather than within a word. */
const breakable = (issuer: string): Markup =>
  html`${issuer.split(/(?<=\.)/).map((part, place) => html`${place > 0 ? html`<wbr>` : ''}${part}`)}`;

const turnWords = ({ nextTurns, now }: RingTimeline): string => {
  const [turn] = nextTurns;
  return turn === undefined ? 'no turn planned yet' : `next turn in ${durationWords(turn - now)}`;
};

const readiness = (readers: ReadersSeen | undefined): Markup | '' => {
  const seen = readers && readersInWords(readers.seen);
  const notSince = readers && readersInWords(readers.notSince);
  if (seen === undefined && notSince === undefined) return '';
  return html`<p class="readers">The standby was fetched by ${seen ?? 'nobody yet'}.${notSince === undefined ? '' : html` Not since it was published: ${notSince}.`}</p>`;
};

const ringCard = (ring: RingTimeline, readers: ReadersSeen | undefined): Markup => {
  const id = ring.alg.toLowerCase();
  return html`<article class="card" aria-labelledby="${id}">
<header><h3 id="${id}">${ring.alg}</h3><p>${ringWords[ring.alg]}</p><p class="turn">${turnWords(ring)}</p></header>
<svg class="drawing" role="img" aria-labelledby="${id}-title ${id}-desc" width="100%" height="${drawingHeightOf(ring)}">
<title id="${id}-title">The ${ring.alg} keys over time</title><desc id="${id}-desc">${describeRing(ring)}</desc>
${ringDrawing(ring)}
</svg>
${keyList(ring)}
${readiness(readers)}
</article>`;
};

const legend = (): Markup => html`<ul class="legend" aria-label="Legend">
<li><i class="standby"></i><b>standby</b> published, does not sign yet</li>
<li><i class="active"></i><b>active</b> signs</li>
<li><i class="retiring"></i><b>retiring</b> private half erased, still published</li>
</ul>`;

const snippet = (issuer: string, jwksUri: string): string => `import { createRemoteJWKSet, jwtVerify } from 'jose';
const keys = createRemoteJWKSet(new URL(${JSON.stringify(jwksUri)}));
const { payload } = await jwtVerify(token, keys, { issuer: ${JSON.stringify(issuer)}, audience, typ: 'at+jwt' });`;

/** A link asks by GET, so it is only where GET is served. */
const endpointRow = ({ method, url, words }: EndpointLink): Markup =>
  html`<li><span class="method">${method}</span>${method === 'GET' ? html`<a href="${url}">${url}</a>` : html`<code>${url}</code>`}<span>${words}</span></li>`;

export const rootPage = (page: RootPage): Markup => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Keyturn at ${page.issuer}</title>
<meta name="description" content="An OAuth 2.0 issuer whose signing keys turn over by themselves.">
<link rel="icon" href="${tabIcon}">
<style>${raw(page.style)}</style>
</head>
<body>
<a class="skip" href="#keys">Skip to the keys</a>
<header class="top"><p class="brand">${colouredMark} Keyturn</p></header>
<main>
<section class="hero">
<p class="eyebrow">OAuth 2.0 issuer</p>
<h1>${breakable(page.issuer)}</h1>
<p class="lead">This issuer signs tokens with private keys that only it holds, publishes the public halves, and turns the keys over on a schedule: any service verifies a token offline, and no rotation is ever noticed.</p>
</section>
<section id="keys" aria-labelledby="keys-heading" tabindex="-1">
<div class="heading"><h2 id="keys-heading">The keys, now</h2><p class="pill ${page.signing ? 'up' : 'down'}">${page.signing ? 'signing' : 'not signing at the moment'}</p></div>
${legend()}
${page.rings.map((ring) => ringCard(ring, page.readers.get(ring.alg)))}
</section>
<section aria-labelledby="verify-heading">
<h2 id="verify-heading">Verify a token</h2>
<p>A service needs the key set and nothing else: no secret, no call per token. Set <code>audience</code> to its own identifier.</p>
<pre tabindex="0" aria-label="Verifying a token with jose, in JavaScript"><code>${snippet(page.issuer, page.jwksUri)}</code></pre>
</section>
<section aria-labelledby="endpoints-heading">
<h2 id="endpoints-heading">Endpoints</h2>
<ul class="endpoints">
${page.endpoints.map(endpointRow)}
</ul>
</section>
</main>
<footer>
<p>Public data only. All times are UTC.</p>
<noscript><p>The keys are shown as they were when this page was loaded.</p></noscript>
</footer>
<script>${raw(page.script)}</script>
</body>
</html>
`;
