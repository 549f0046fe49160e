// Draws rotation.svg, the README's picture of one turn, from a made-up ring that the real planner has turned.
// `node docs/images/draw_rotation.ts` writes it; a test holds the committed file to it.
import { writeFileSync } from 'node:fs';
import { html, raw } from 'hono/html';
import { drawingStyle } from '../../src/endpoints/pages/drawing_style.ts';
import { keyBars, type Markup, percent, type Scale, scaleOf } from '../../src/endpoints/pages/timeline_drawing.ts';
import { pictureStyle } from '../../src/endpoints/pages/timeline_picture.ts';
import { planRotation } from '../../src/keys/plan_rotation.ts';
import { type TimelineKey, timelinesOf } from '../../src/keys/timeline.ts';
import type { RotationPolicy } from '../../src/keys/timing.ts';
import type { SigningKeyRecord } from '../../src/seams/signing_key_store.ts';

const hour = 3600;
const alg = 'ES256';
const firstStart = 1_772_582_400;

const policy: RotationPolicy = {
  maxTokenSeconds: hour,
  jwksMaxAgeSeconds: 300,
  sharedCacheSeconds: 300,
  slowestVerifierSeconds: hour,
  snapshotSeconds: 30,
  clockErrorSeconds: 5,
  leewaySeconds: 300,
  fetchTimeoutSeconds: 30,
  periodSeconds: 10 * hour,
  leadSeconds: 4 * hour,
  graceSeconds: 4 * hour,
};

/** Carries out every plan from the first start to `end`, as rotation.ts would, but with names for keys. */
const turnUntil = (end: number): readonly SigningKeyRecord[] => {
  let ring: readonly SigningKeyRecord[] = [];
  for (let now = firstStart; now <= end; ) {
    const { publish, erase } = planRotation(ring, policy, now);
    const kept = ring.map((key) => ({ ...key, ...erase.find(({ kid }) => kid === key.kid) }));
    const born = publish
      .filter((planned) => planned.alg === alg)
      .map((planned) => ({
        ...planned,
        kid: `slot ${planned.slot}`,
        publicJwk: {},
        privateJwe: '',
        longestTokenSeconds: policy.maxTokenSeconds,
        erasedAt: null,
        revokedAt: null,
        revocationReason: null,
      }));
    ring = [...kept, ...born];
    now = planRotation(ring, policy, now).nextAt;
  }
  return ring;
};

const size = { width: 960, height: 396 } as const;
const plot = { x: 116, width: 816, firstRow: 164, rowHeight: 84 } as const;
const names = ['Old key', 'New key', 'Next key'];
const phaseWords = {
  standby: 'standby: published, not signing',
  active: 'active: signs',
  retiring: 'retiring: published',
} as const;

const style = `${drawingStyle}${pictureStyle}
.drawing { font-size: 14px; }
.drawing .name { fill: var(--ink); font-weight: 600; }
.drawing .bracket { fill: none; stroke: var(--muted); }
.drawing .plot text { paint-order: stroke; stroke: var(--card); stroke-width: 6px; stroke-linejoin: round; }
.drawing .turn line { stroke: var(--now); stroke-width: 2; stroke-dasharray: 2 4; stroke-linecap: round; }
.drawing .turn text { fill: var(--now); font-weight: 600; }
.drawing .strong { fill: var(--ink); font-weight: 600; }
`;

const middleOf = (place: number): number => plot.firstRow + place * plot.rowHeight;

const keyRow = (key: TimelineKey, place: number, scale: Scale): Markup => {
  const labels = key.segments
    .filter(({ from }) => scale(from) < 90)
    .map(
      ({ phase, from }) =>
        html`<text x="${percent(scale(from))}" dx="${scale(from) > 0 ? 7 : 0}" y="${middleOf(place) - 15}"><tspan class="${phase}">${phaseWords[phase]}</tspan></text>`,
    );
  return html`${keyBars(key, scale, middleOf(place), Number.POSITIVE_INFINITY)}${labels}`;
};

/** A brace under a row, from one instant to another, with what it is. */
const bracket = (place: number, from: number, to: number, name: string, words: string): Markup => {
  const y = middleOf(place) + 15;
  const [x1, x2] = [percent(from), percent(to)];
  return html`<g><line class="bracket" x1="${x1}" x2="${x2}" y1="${y}" y2="${y}"/><line class="bracket" x1="${x1}" x2="${x1}" y1="${y - 4}" y2="${y + 4}"/><line class="bracket" x1="${x2}" x2="${x2}" y1="${y - 4}" y2="${y + 4}"/>
<text x="${percent((from + to) / 2)}" y="${y + 19}" text-anchor="middle"><tspan class="strong">${name}</tspan> ${words}</text></g>`;
};

/** The same bytes every time. */
export const drawRotation = async (): Promise<string> => {
  const turn = firstStart + policy.periodSeconds;
  const { keys } = timelinesOf(turnUntil(turn), policy, turn).find((ring) => ring.alg === alg) ?? { keys: [] };
  const window = { from: turn - 8 * hour, to: turn + 11.5 * hour };
  const scale = scaleOf(window);
  const description =
    'The new key is published long before it signs: for at least the lead time, in which every cache meets it. ' +
    'At the turn it takes over and the private half of the old key is erased. The old key stays published for the ' +
    'grace time, until its last token has expired. The next key is published already.';
  const picture =
    await html`<svg xmlns="http://www.w3.org/2000/svg" class="drawing" role="img" aria-labelledby="title desc" width="${size.width}" height="${size.height}" viewBox="0 0 ${size.width} ${size.height}">
<title id="title">One turn of a key ring</title>
<desc id="desc">${description}</desc>
<style>${raw(style)}</style>
<rect class="ground" x="0.5" y="0.5" width="${size.width - 1}" height="${size.height - 1}" rx="14"/>
<text class="heading" x="28" y="42">One turn of a ring</text>
<text x="28" y="64">No verifier notices: it knows a key before it signs, and keeps it until its last token has expired.</text>
${names.map((name, place) => html`<text class="name" x="28" y="${middleOf(place) + 5}">${name}</text>`)}
<svg class="plot" aria-hidden="true" x="${plot.x}" width="${plot.width}" height="${size.height}">
<g class="turn"><line x1="${percent(scale(turn))}" x2="${percent(scale(turn))}" y1="108" y2="${size.height - 34}"/><text x="${percent(scale(turn))}" y="98" text-anchor="middle">the turn: the old private half is erased</text></g>
${keys.map((key, place) => keyRow(key, place, scale))}
${bracket(0, scale(turn), scale(turn + policy.graceSeconds), 'grace', 'last tokens expire')}
${bracket(1, scale(turn - policy.leadSeconds), scale(turn), 'lead', 'caches catch up')}
</svg>
</svg>
`;
  return picture.toString();
};

if (import.meta.main) writeFileSync(new URL('rotation.svg', import.meta.url), await drawRotation());
