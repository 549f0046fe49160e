// Makes the story of a failure as short as it can: takes away deeds, mishaps, nodes and verifiers one at a time, for as
// long as a good token is still refused.
import type { Story } from './story.ts';
import { type Run, runStory } from './world.ts';

const mostRuns = 150;

const without = <Item>(items: readonly Item[], place: number): readonly Item[] => items.toSpliced(place, 1);

const halvesOf = <Item>(items: readonly Item[]): readonly (readonly Item[])[] => {
  const middle = Math.floor(items.length / 2);
  return items.length < 4 ? [] : [items.slice(0, middle), items.slice(middle)];
};

/** Shorter stories, the boldest first. */
const shorterStories = (story: Story, { refusals: [first] }: Run): readonly Story[] => {
  const { deeds, mishaps, clockOffsets, verifiers } = story;
  const end = Math.ceil(first?.at ?? story.seconds) + 1;
  return [
    ...(end < story.seconds ? [{ ...story, seconds: end }] : []),
    ...(verifiers.length > 1 && first !== undefined ? [{ ...story, verifiers: [first.verifier] }] : []),
    ...(story.residents > 0 ? [{ ...story, residents: 0 }] : []),
    ...(story.clocksAreSet ? [{ ...story, clocksAreSet: false }] : []),
    ...halvesOf(mishaps).map((fewer) => ({ ...story, mishaps: fewer })),
    ...halvesOf(deeds).map((fewer) => ({ ...story, deeds: fewer })),
    ...mishaps.map((_, place) => ({ ...story, mishaps: without(mishaps, place) })),
    ...deeds.map((_, place) => ({ ...story, deeds: without(deeds, place) })),
    ...(clockOffsets.length > 1
      ? clockOffsets.map((_, place) => ({ ...story, clockOffsets: without(clockOffsets, place) }))
      : []),
    ...clockOffsets.flatMap((offset, place) =>
      offset === 0 ? [] : [{ ...story, clockOffsets: clockOffsets.with(place, 0) }],
    ),
  ];
};

export interface ShortStory {
  readonly story: Story;
  readonly run: Run;
}

/** @param run - of the story, with a refusal in it. */
export const shrink = async (story: Story, run: Run): Promise<ShortStory> => {
  let found: ShortStory = { story, run };
  let runs = 0;
  for (let isShorter = true; isShorter && runs < mostRuns; ) {
    isShorter = false;
    for (const shorter of shorterStories(found.story, found.run)) {
      runs += 1;
      const tried = await runStory(shorter);
      if (tried.refusals.length > 0) {
        found = { story: shorter, run: tried };
        isShorter = true;
        break;
      }
      if (runs >= mostRuns) break;
    }
  }
  return found;
};
