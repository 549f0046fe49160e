// Which of the known names somebody probably meant.

/** How many characters to insert, delete or replace to make one of the other (Levenshtein). */
const distance = (left: string, right: string): number => {
  let row = Array.from({ length: right.length + 1 }, (_, place) => place);
  for (const [place, character] of [...left].entries()) {
    const next = [place + 1];
    for (const [column, other] of [...right].entries()) {
      const replaced = (row[column] ?? 0) + (character === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
};

/** @returns the nearest known name; undefined when none is near: more than a third of it would have to change. */
export const nearestName = (name: string, known: readonly string[]): string | undefined => {
  const [best] = known
    .map((candidate) => ({ candidate, changes: distance(name, candidate) }))
    .sort((left, right) => left.changes - right.changes);
  return best !== undefined && best.changes <= best.candidate.length / 3 ? best.candidate : undefined;
};
