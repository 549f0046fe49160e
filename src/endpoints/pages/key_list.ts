// The instants of a ring in words: what the drawing shows, to the second, for those who read rather than look.
import { html } from 'hono/html';
import type { Phase, RingTimeline, TimelineKey } from '../../keys/timeline.ts';
import type { NumericDate } from '../../seams/clock.ts';
import { relativeWords, rfc3339, utc } from './time_words.ts';
import type { Markup } from './timeline_drawing.ts';

interface Fact {
  readonly at: NumericDate;
  /** While `at` is still to come, and once it has passed. */
  readonly words: readonly [planned: string, past: string];
}

const startWords = {
  standby: ['Published', 'Published'],
  active: ['Takes over', 'Signed from'],
  retiring: ['Hands over', 'Signed until'],
} as const satisfies Record<Phase, Fact['words']>;

const endWords = ['Leaves the key set at', 'Left the key set'] as const;

const factsOf = ({ state, segments }: TimelineKey): readonly Fact[] => {
  const facts: Fact[] = segments.map(({ phase, from }) => ({ at: from, words: startWords[phase] }));
  const last = segments.at(-1);
  if (last !== undefined) facts.push({ at: last.to, words: state === 'revoked' ? ['Revoked', 'Revoked'] : endWords });
  return facts;
};

const labelOf = ({ at, words }: Fact, { state }: TimelineKey, now: NumericDate): string => {
  if (at > now) return words[0];
  return state === 'active' && words === startWords.active ? 'Signs since' : words[1];
};

const keyItem = (key: TimelineKey, now: NumericDate): Markup => html`<li>
<h4><code>${key.kid}</code> <span class="badge ${key.state}">${key.state}</span></h4>
<dl>${factsOf(key).map(
  (fact) => html`
<div${fact.at > now ? html` class="planned"` : ''}><dt>${labelOf(fact, key, now)}</dt><dd><time datetime="${rfc3339(fact.at)}">${utc(fact.at)}</time> <span>${relativeWords(fact.at, now)}</span></dd></div>`,
)}
</dl>
</li>`;

const listOf = (keys: readonly TimelineKey[], now: NumericDate): Markup =>
  html`<ul class="keys">
${keys.map((key) => keyItem(key, now))}
</ul>`;

const isGone = ({ state }: TimelineKey): boolean => state === 'removed' || state === 'revoked';

export const keyList = ({ keys, now }: RingTimeline): Markup => {
  const gone = keys.filter(isGone);
  const published = keys.filter((key) => !isGone(key));
  const earlier = html`<details><summary>Keys no longer in the key set</summary>${listOf(gone, now)}</details>`;
  return html`${listOf(published, now)}${gone.length > 0 ? earlier : ''}`;
};
