// Writes the tables of docs/rotation-proof.md from the simulation, and its picture: `npm run docs:proof`, some minutes.
import { readFileSync, writeFileSync } from 'node:fs';
import { runScenario, type ScenarioReport, tablesOf } from '../src/simulation/report.ts';
import { scenarios } from '../src/simulation/scenarios.ts';
import { drawWorstCase } from './images/draw_worst_case.ts';

const page = new URL('rotation-proof.md', import.meta.url);
const picture = new URL('images/worst-case.svg', import.meta.url);
const [opening, closing] = ['<!-- tables: npm run simulate -->', '<!-- end of tables -->'];

/** The page with other tables between the marks. */
const withTables = (text: string, tables: string): string => {
  const [before, after] = [text.indexOf(opening), text.indexOf(closing)];
  if (before === -1 || after < before)
    throw new Error(`${page.pathname} has lost its marks, ${opening} and ${closing}.`);
  return `${text.slice(0, before + opening.length)}\n\n${tables}\n\n${text.slice(after)}`;
};

if (import.meta.main) {
  const reports: ScenarioReport[] = [];
  for (const scenario of scenarios) reports.push(await runScenario(scenario));
  writeFileSync(page, withTables(readFileSync(page, 'utf8'), tablesOf(reports)));
  writeFileSync(picture, drawWorstCase());
}
