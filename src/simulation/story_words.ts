// A story in words, a line for each thing that happens, with the first refusal at its end.
import type { ShortStory } from './shrink.ts';
import type { Deed, Mishap } from './story.ts';

const clockTime = (seconds: number): string => {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
};

const mishapInWords = (mishap: Mishap): string => {
  const { what } = mishap;
  if (what === 'fail_over') return `a replica takes over that lacks the last ${mishap.lostSeconds} s`;
  if (what === 'longest_token') return `T becomes ${mishap.seconds} s, and every node starts again`;
  if (what === 'step_clock')
    return `the clock of node ${mishap.node} is set by ${mishap.by} s, for ${mishap.seconds} s`;
  if (what === 'kill')
    return `node ${mishap.node} is killed ${mishap.kill.when} its step ${mishap.kill.step} from here`;
  const who = 'node' in mishap ? `node ${mishap.node}: ` : '';
  return `${who}${what.replaceAll('_', ' ')}, ${mishap.seconds} s`;
};

const deedInWords = ({ alg, what, notBefore, blindNode, kill }: Deed): string =>
  [
    `${what.replaceAll('_', ' ')} ${alg} as soon as allowed`,
    ...(notBefore > 0 ? [`not before ${clockTime(notBefore)}`] : []),
    ...(blindNode === undefined ? [] : [`node ${blindNode} reads right before and then loses the database`]),
    ...(kill === undefined ? [] : [`killed ${kill.when} step ${kill.step}`]),
  ].join(', ');

export const storyInWords = ({ story, run }: ShortStory): readonly string[] => {
  const { seed, policy, clockOffsets, clocksAreSet, deeds, mishaps, verifiers } = story;
  const [first] = run.refusals;
  return [
    `seed ${seed}, lead ${policy.leadSeconds} s, grace ${policy.graceSeconds} s, period ${policy.periodSeconds} s`,
    `${clockOffsets.length} nodes, clocks off by ${clockOffsets.join(', ')} s${clocksAreSet ? ', and set before each turn' : ''}`,
    `verifiers: ${verifiers.join(', ')}`,
    ...deeds.map((deed) => `the operator: ${deedInWords(deed)}`),
    ...[...mishaps]
      .sort((left, right) => left.at - right.at)
      .map((mishap) => `${clockTime(mishap.at)} ${mishapInWords(mishap)}`),
    ...(first === undefined
      ? []
      : [
          `${clockTime(first.at)} ${first.verifier} refuses a good token by ${first.kid}, with a key set it has had for ${first.heldSeconds} s`,
        ]),
  ];
};
