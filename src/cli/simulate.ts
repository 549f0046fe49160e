// `keyturn simulate`: runs the scenarios of the proof and prints what was counted. Touches no database and no key.
import { readRegularFile } from '../adapters/regular_file.ts';
import { OperatorError } from '../errors.ts';
import {
  acceptedRow,
  isAboutRevocation,
  refusedRow,
  runScenario,
  type ScenarioReport,
  tablesOf,
} from '../simulation/report.ts';
import { type Scenario, scenarios } from '../simulation/scenarios.ts';
import { storyInWords } from '../simulation/story_words.ts';
import { type AnswerOptions, answer, type Terminal } from './terminal.ts';

export interface SimulateOptions extends AnswerOptions {
  readonly scenario?: string;
  readonly seed?: number;
  readonly quick?: boolean;
  readonly check?: string;
}

const chosen = ({ scenario: part, quick }: SimulateOptions): readonly Scenario[] => {
  const found = scenarios.filter(({ name, quick: isQuick }) => name.includes(part ?? '') && (isQuick || !quick));
  if (found.length > 0) return found;
  throw new OperatorError(
    `There is no scenario with ${JSON.stringify(part)} in its name. There are: ${scenarios.map(({ name }) => name).join('; ')}.`,
  );
};

const failuresInWords = (reports: readonly ScenarioReport[]): string =>
  reports
    .flatMap(({ name, failure }) =>
      failure === undefined
        ? []
        : [
            '',
            `${name}: a good token was refused. The shortest story of it:`,
            ...storyInWords(failure).map((line) => `  ${line}`),
          ],
    )
    .join('\n');

interface Page {
  readonly path: string;
  readonly lines: readonly string[];
}

/** Done before the rows are counted, which takes minutes. */
const readPage = (path: string): Page => {
  const found = readRegularFile(path);
  if (typeof found === 'string')
    throw new OperatorError(`The page ${path} could not be read: ${found}. Name the file to look for the rows in.`);
  return { path, lines: found.text.split('\n') };
};

/** @throws {OperatorError} naming the rows that the page does not have. */
const checkPage = ({ path, lines }: Page, reports: readonly ScenarioReport[]): void => {
  const rows = [...reports.map(refusedRow), ...reports.filter(isAboutRevocation).map(acceptedRow)];
  const missing = rows.filter((row) => !lines.includes(row));
  if (missing.length > 0)
    throw new OperatorError(
      `${path} has not these rows. Either the page is old (npm run docs:proof writes it) or something turns differently now.\n${missing.join('\n')}`,
    );
};

export const simulate = async (options: SimulateOptions, terminal: Terminal): Promise<void> => {
  const { seed, check, json } = options;
  const page = check === undefined ? undefined : readPage(check);
  const reports: ScenarioReport[] = [];
  for (const scenario of chosen(options)) {
    if (!json) terminal.printError(`${scenario.name}: ${scenario.about}`);
    reports.push(await runScenario(scenario, seed === undefined ? scenario.seeds : [seed]));
  }
  answer(terminal, options, { scenarios: reports }, `${tablesOf(reports)}${failuresInWords(reports)}`);
  if (page !== undefined) checkPage(page, reports);
  if (reports.some(({ failure }) => failure !== undefined)) terminal.setExitCode(1);
};
