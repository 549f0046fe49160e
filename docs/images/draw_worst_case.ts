// Draws worst-case.svg for docs/rotation-proof.md: how far the terms of lead and grace reach, one after another, with the
// default settings. `npm run docs:proof` writes it; a test holds the committed file to it.

import { readConfig } from '../../src/config.ts';
import { drawingStyle } from '../../src/endpoints/pages/drawing_style.ts';
import { pictureStyle } from '../../src/endpoints/pages/timeline_picture.ts';
import { minimumGraceSeconds, minimumLeadSeconds } from '../../src/keys/timing.ts';

const { policy } = readConfig({});

interface Term {
  readonly letter: string;
  readonly seconds: number;
  readonly words: string;
}

const largestCache = Math.max(policy.jwksMaxAgeSeconds, policy.slowestVerifierSeconds);

const leadTerms: readonly Term[] = [
  { letter: 'P', seconds: policy.snapshotSeconds, words: 'a node serves a view without the key' },
  {
    letter: 'S',
    seconds: policy.sharedCacheSeconds,
    words: 'a shared cache got it in the last moment, and hands it out',
  },
  { letter: 'F', seconds: policy.fetchTimeoutSeconds, words: 'a verifier asked in the last moment, over a slow line' },
  { letter: 'max(A, V)', seconds: largestCache, words: 'it keeps what it got, and asks for nothing' },
  {
    letter: '2E',
    seconds: 2 * policy.clockErrorSeconds,
    words: 'the node that signs first is early: off, and then set',
  },
];

const graceTerms: readonly Term[] = [
  { letter: 'P', seconds: policy.snapshotSeconds, words: 'a node that has not seen the turn signs with the old key' },
  { letter: 'T', seconds: policy.maxTokenSeconds, words: 'the token lives' },
  { letter: 'L', seconds: policy.leewaySeconds, words: 'a verifier takes it a little longer' },
  { letter: '2E', seconds: 2 * policy.clockErrorSeconds, words: 'the signer is ahead, and so is the node that serves' },
];

const sumOf = (terms: readonly Term[]): number => terms.reduce((sum, { seconds }) => sum + seconds, 0);

/** The picture is made of the formulae or not at all. */
const assertWhole = (terms: readonly Term[], seconds: number, name: string): void => {
  if (sumOf(terms) !== seconds)
    throw new Error(`The terms drawn for ${name} are ${sumOf(terms)} s, and it is ${seconds}.`);
};

const width = 960;
const plot = { x: 28, width: 904 } as const;
const rowHeight = 32;
const leastWidth = 5;

/** Short terms stay visible: widths grow with the root, and the numbers beside them tell. */
const widthsOf = (terms: readonly Term[], room: number): readonly number[] => {
  const roots = terms.map(({ seconds }) => Math.sqrt(seconds));
  const whole = roots.reduce((sum, root) => sum + root, 0);
  return roots.map((root) => Math.max(leastWidth, (root / whole) * room));
};

interface Chain {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly phase: 'standby' | 'retiring';
  readonly terms: readonly Term[];
  readonly top: number;
}

const duration = (seconds: number): string => `${seconds} s`;

const barRoom = 380;

const drawChain = ({ name, from, to, phase, terms, top }: Chain): string => {
  const widths = widthsOf(terms, barRoom);
  let x = plot.x;
  const rows = terms.map(({ letter, seconds, words }, place) => {
    const y = top + 44 + place * rowHeight;
    const bar = widths[place] ?? leastWidth;
    const start = x;
    x += bar;
    return `<rect class="${phase}" x="${start.toFixed(1)}" y="${y}" width="${bar.toFixed(1)}" height="14" rx="2"/>
<line class="bracket" x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="${y + 14}" y2="${y + rowHeight}"/>
<text x="${plot.x + barRoom + 24}" y="${y + 11}"><tspan class="strong">${letter}</tspan> ${duration(seconds)}: ${words}</text>`;
  });
  const end = top + 44 + terms.length * rowHeight + 12;
  return `<text class="heading" x="${plot.x}" y="${top}">${name} = ${terms.map(({ letter }) => letter).join(' + ')} = ${duration(sumOf(terms))}</text>
<text x="${plot.x}" y="${top + 24}">${from}</text>
${rows.join('\n')}
<text x="${plot.x}" y="${end}">${to}</text>`;
};

const style = `${drawingStyle}${pictureStyle}
.drawing { font-size: 14px; }
.drawing .bracket { stroke: var(--muted); stroke-dasharray: 2 3; }
.drawing .strong { fill: var(--ink); font-weight: 600; }
`;

/** The same bytes every time. */
export const drawWorstCase = (): string => {
  assertWhole(leadTerms, minimumLeadSeconds(policy), 'lead');
  assertWhole(graceTerms, minimumGraceSeconds(policy, policy.maxTokenSeconds), 'grace');
  const chains: readonly Chain[] = [
    {
      ...{ name: 'lead', phase: 'standby', terms: leadTerms, top: 42 },
      from: 'The key is published.',
      to: 'It signs, and every verifier has it.',
    },
    {
      ...{ name: 'grace', phase: 'retiring', terms: graceTerms, top: 296 },
      from: "The key's turn is over.",
      to: 'It leaves the key set, and every token it signed has expired.',
    },
  ];
  const height = 500;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="drawing" role="img" aria-labelledby="title desc" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<title id="title">The worst case that lead and grace are made for</title>
<desc id="desc">Each bar begins where the one above it ends. Lead: ${leadTerms.map(({ words }) => words).join('; then ')}. Grace: ${graceTerms.map(({ words }) => words).join('; then ')}.</desc>
<style>${style}</style>
<rect class="ground" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="14"/>
${chains.map(drawChain).join('\n')}
</svg>
`;
};

if (import.meta.main) {
  const { writeFileSync } = await import('node:fs');
  writeFileSync(new URL('worst-case.svg', import.meta.url), drawWorstCase());
}
