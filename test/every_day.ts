// What `npm test` takes of a table whose rest `npm run soak` runs: the soak sets SOAK.

export const isSoak = process.env.SOAK !== undefined;

/** @returns all of them in the soak, and those of every day elsewhere. */
export const orEveryDay = <Row>(all: readonly Row[], everyDay: readonly Row[]): readonly Row[] =>
  isSoak ? all : everyDay;
