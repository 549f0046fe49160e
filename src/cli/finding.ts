// What doctor finds. Each check returns a list; an order of its own keeps them readable.

/** `wrong` is to be put right; `advice` is worth knowing. */
export type FindingLevel = 'good' | 'advice' | 'wrong';

export interface Finding {
  readonly level: FindingLevel;
  /** What it is about, a word or two. */
  readonly about: string;
  readonly message: string;
}

export const good = (about: string, message: string): Finding => ({ level: 'good', about, message });
export const advice = (about: string, message: string): Finding => ({ level: 'advice', about, message });
export const wrong = (about: string, message: string): Finding => ({ level: 'wrong', about, message });
