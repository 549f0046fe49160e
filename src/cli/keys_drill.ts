// `keyturn keys drill`: an emergency on a throw-away ring, the times measured beside the bounds. It neither reads nor
// touches the configured issuer, and leaves nothing behind.
import { OperatorError } from '../errors.ts';
import { openDrillIssuer } from './drill_issuer.ts';
import { secondsInWords } from './instants.ts';
import { type DrillReport, type Measured, runDrill } from './run_drill.ts';
import { safeText } from './safe_text.ts';
import { stopSignals } from './stop_signal.ts';
import { type AnswerOptions, answer, type Terminal } from './terminal.ts';
import { columns, wrapText } from './text_layout.ts';

const words: Readonly<Record<Measured['who'], string>> = {
  issuer: 'the issuer signs with it',
  cache_control: 'a verifier that obeys Cache-Control takes it',
  fixed_cache: 'a verifier with a cache of its own takes it',
  unknown_kid: 'a verifier that refetches only on an unknown kid takes it',
  hand_copied: 'a key set copied by hand takes it',
};

/** Instants are whole seconds, cut off: what is measured from one may show up to a second more. */
const roundingSeconds = 1;

const isLate = ({ bound, measured }: Measured): boolean => bound !== null && measured > bound + roundingSeconds;

const complaintsOf = ({ measured, goodTokens, complaints }: DrillReport): readonly string[] => [
  ...measured.filter(isLate).map(({ who }) => `${words[who]} longer than it should`),
  ...(goodTokens.refused === 0 ? [] : [`${goodTokens.refused} good tokens were refused`]),
  ...complaints.map(safeText),
];

const rowOf = (row: Measured): readonly string[] => [
  `  ${words[row.who]}`,
  row.bound === null ? 'until it is replaced' : `at most ${row.bound} s`,
  `${row.measured.toFixed(1)} s`,
  isLate(row) ? 'LATE' : '',
];

const inWords = (report: DrillReport, width: number): string => {
  const complaints = complaintsOf(report);
  const { goodTokens, secondTurn, historyEntries } = report;
  const paragraphs = [
    `Measured from a whole second, cut off: up to ${roundingSeconds} s more may show. Good tokens shown to the verifiers before, during and after: ${goodTokens.shown}; refused: ${goodTokens.refused}. The second turn came ${secondsInWords(secondTurn)} after the revocation. The key history, ${historyEntries} entries, verifies.`,
    'The times are those of this drill\'s constants. What your configuration makes of them: "keyturn keys revoke KID --dry-run".',
    complaints.length === 0
      ? 'All within the bounds. The ring is gone again.'
      : `NOT within the bounds: ${complaints.join('; ')}. A machine that is very busy does that; run it again, and report it if it stays.`,
  ];
  return [
    'After the revocation             bound, measured:',
    columns(report.measured.map(rowOf)),
    '',
    ...paragraphs.map((paragraph) => wrapText(paragraph, width)),
  ].join('\n');
};

const documentOf = (report: DrillReport) => ({
  within_bounds: complaintsOf(report).length === 0,
  revoked_kid: report.revokedKid,
  promoted_kid: report.promotedKid,
  second_turn_seconds: report.secondTurn,
  measured: report.measured.map(({ who, bound, measured }) => ({
    who,
    bound_seconds: bound,
    measured_seconds: measured,
  })),
  good_tokens: report.goodTokens,
  history_entries: report.historyEntries,
  complaints: complaintsOf(report),
});

export const drillRevocation = async (options: AnswerOptions, terminal: Terminal): Promise<void> => {
  const stopped = new AbortController();
  const stop = (): void => stopped.abort();
  // Whoever tells it so twice, as a terminal that goes away does, must not leave its folder behind.
  for (const signal of stopSignals) process.on(signal, stop);
  const tell = options.json ? () => undefined : (progress: string) => terminal.printError(progress);
  const drill = await openDrillIssuer();
  try {
    const report = await runDrill(drill, { signal: stopped.signal, tell });
    answer(terminal, options, documentOf(report), inWords(report, terminal.columns));
    if (complaintsOf(report).length > 0) terminal.setExitCode(1);
  } catch (error) {
    if (!stopped.signal.aborted) throw error;
    throw new OperatorError('The drill was stopped. Its ring is gone; nothing else was touched.', { cause: error });
  } finally {
    await drill.close();
    for (const signal of stopSignals) process.removeListener(signal, stop);
  }
};
