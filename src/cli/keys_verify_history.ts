// `keyturn keys verify-history`: checks a saved copy of a key history by itself and against the live one. It needs no
// database and no secret: anyone may hold an issuer to what it said.
import { readBoundedBody } from '../adapters/bounded_body.ts';
import { readConfig } from '../config.ts';
import { paths } from '../endpoints/paths.ts';
import { OperatorError } from '../errors.ts';
import type { HistoryEntry } from '../keys/key_history.ts';
import { KeyHistoryError } from '../keys/read_key_history.ts';
import {
  type Comparison,
  compareKeyHistories,
  type VerifiedKeyHistory,
  verifyKeyHistory,
} from '../keys/verify_key_history.ts';
import { isLoopback } from '../settings.ts';
import { instant } from './instants.ts';
import { readFile } from './read_file.ts';
import { safeText } from './safe_text.ts';
import { type AnswerOptions, answer, type Terminal } from './terminal.ts';

export interface VerifyHistoryOptions extends AnswerOptions {
  readonly issuer?: string;
  readonly offline?: boolean;
}

const mostBytes = 64 * 1024 * 1024;
const fetchMilliseconds = 30_000;

/** The text of a saved key history. */
export const readCopy = (file: string): string =>
  readFile(file, `Name a copy of a key history, as saved with "curl ISSUER${paths.key_history} > FILE".`);

const fetchLive = async (issuer: string): Promise<string> => {
  const url = issuer + paths.key_history;
  try {
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(fetchMilliseconds) });
    if (response.status !== 200) throw new TypeError(`it answered ${response.status}`);
    const tooLong = () => new TypeError(`it is longer than ${mostBytes} bytes`);
    return await readBoundedBody(response, mostBytes, tooLong);
  } catch (cause) {
    const { message, cause: inner } = cause as Error;
    const reason = safeText(inner instanceof Error ? `${message}: ${inner.message}` : message);
    throw new OperatorError(
      `The key history ${safeText(url)} could not be fetched (${reason}), so the copy was compared with nothing. Name the issuer with --issuer, or check the copy alone with --offline.`,
      { cause },
    );
  }
};

const issuerOf = ({ issuer }: VerifyHistoryOptions, terminal: Terminal): string => {
  if (issuer === undefined) return readConfig(terminal.environment).issuer;
  if (!URL.canParse(issuer) || (new URL(issuer).protocol !== 'https:' && !isLoopback(issuer)))
    throw new OperatorError(`--issuer is ${safeText(issuer)}; expected an https URL, like https://id.example.com.`);
  return issuer.replace(/\/$/, '');
};

type Checked = { readonly history: VerifiedKeyHistory } | { readonly complaint: string };

const check = async (text: string): Promise<Checked> => {
  try {
    return { history: await verifyKeyHistory(text) };
  } catch (error) {
    if (error instanceof KeyHistoryError) return { complaint: error.message };
    throw error;
  }
};

interface Verdict {
  readonly outcome: 'valid' | 'invalid_copy' | 'invalid_live' | 'other_issuer' | Comparison['outcome'];
  readonly good: boolean;
  readonly words: string;
  readonly copy?: VerifiedKeyHistory;
  readonly live?: VerifiedKeyHistory;
  readonly comparison?: Comparison;
}

const entryInWords = ({ event, alg, kid, at }: HistoryEntry): string =>
  safeText(`${event} ${alg} ${kid} at ${instant(at)}`);

const comparisonInWords = (comparison: Comparison): string => {
  if (comparison.outcome === 'same') return 'The live history is the same.';
  const { seq } = comparison;
  if (comparison.outcome === 'live_went_on')
    return `The live history begins with the copy and has gone on: ${comparison.added} more, from entry ${seq}.`;
  const cause = 'Either a database was put back from a backup, or somebody rewrote it.';
  if (comparison.outcome === 'live_was_cut')
    return `The live history lacks the last ${comparison.missing} entries of the copy, from entry ${seq}: what was published has been taken back. An old answer from a cache looks the same; ask again. ${cause}`;
  const { saved, live } = comparison;
  return `The two differ from entry ${seq} on; everything before is the same. The copy says: ${entryInWords(saved)}. The live history says: ${entryInWords(live)}. ${cause}`;
};

const compare = async (copy: VerifiedKeyHistory, issuer: string): Promise<Verdict> => {
  const expected = `The copy is of the issuer ${safeText(copy.issuer)}, and not of ${safeText(issuer)}. Name its issuer with --issuer.`;
  if (copy.issuer !== issuer) return { outcome: 'other_issuer', good: false, words: expected, copy };
  const checked = await check(await fetchLive(issuer));
  if ('complaint' in checked)
    return {
      outcome: 'invalid_live',
      good: false,
      words: `The copy is sound, but the live history does not verify: ${safeText(checked.complaint)}.`,
      copy,
    };
  const { history: live } = checked;
  if (live.issuer !== issuer)
    return { outcome: 'invalid_live', good: false, words: `The live history is of ${safeText(live.issuer)}.`, copy };
  const comparison = compareKeyHistories(copy, live);
  const good = comparison.outcome === 'same' || comparison.outcome === 'live_went_on';
  return { outcome: comparison.outcome, good, words: comparisonInWords(comparison), copy, live, comparison };
};

const judge = async (file: string, options: VerifyHistoryOptions, terminal: Terminal): Promise<Verdict> => {
  const checked = await check(readCopy(file));
  if ('complaint' in checked)
    return { outcome: 'invalid_copy', good: false, words: `The copy does not verify: ${safeText(checked.complaint)}.` };
  const { history } = checked;
  if (options.offline) return { outcome: 'valid', good: true, words: 'It was compared with nothing.', copy: history };
  return compare(history, issuerOf(options, terminal));
};

const historyInWords = ({ issuer, entries, head, signedAt }: VerifiedKeyHistory): string =>
  `The copy of ${safeText(issuer)}, signed ${instant(signedAt)}, has ${entries.length} entries; chain and signatures verify.\nIts last entry has the hash ${head}.`;

const summaryOf = (history: VerifiedKeyHistory | undefined) =>
  history && { entries: history.entries.length, head: history.head, signed_at: history.signedAt };

const documentOf = ({ outcome, good, copy, live, comparison, words }: Verdict) => ({
  good,
  outcome,
  issuer: copy?.issuer ?? null,
  copy: summaryOf(copy) ?? null,
  live: summaryOf(live) ?? null,
  first_difference: comparison && 'seq' in comparison ? comparison.seq : null,
  words,
});

/** Exit code 1 when the copy or the live history does not verify, or the live one does not begin with the copy. */
export const verifyHistory = async (file: string, options: VerifyHistoryOptions, terminal: Terminal): Promise<void> => {
  const verdict = await judge(file, options, terminal);
  const { good, words, copy } = verdict;
  answer(terminal, options, documentOf(verdict), [...(copy ? [historyInWords(copy)] : []), words].join('\n'));
  if (!good) terminal.setExitCode(1);
};
