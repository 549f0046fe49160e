// What a restore did, in words and as a document: what has ended, which keys, until when verifiers may accept what.
import type { Config } from '../config.ts';
import { type Exposure, revocationExposure } from '../keys/revocation_exposure.ts';
import type { NumericDate } from '../seams/clock.ts';
import { retentionSecondsOf } from '../status_lists/retention.ts';
import { instant, instantInWords } from './instants.ts';
import type { Restored } from './restore_store.ts';
import { exposureDocument, exposureInWords, purgeOf } from './revocation_report.ts';
import { wrapText } from './text_layout.ts';

export interface RestoreReport extends Restored {
  /** Undefined where the database was put back by other means. */
  readonly backup: string | undefined;
  readonly backupAt: NumericDate | undefined;
  readonly database: string;
  /** Where what was there before is kept; undefined where there was nothing. */
  readonly aside: string | undefined;
  readonly nothingElseRevoked: boolean;
}

/** A key that nobody had seen signs from the restore on, so that who refetches on an unknown kid alone does so. */
const exposureOf = ({ at }: Restored, { policy }: Config): readonly Exposure[] => revocationExposure(policy, at, at);

/** The last instant at which an access token may be accepted that was issued before the restore. */
const acceptedUntil = ({ at, keys }: Restored, { policy }: Config): NumericDate =>
  at + retentionSecondsOf(policy, keys);

const openingOf = ({ backup, backupAt, database, aside, at }: RestoreReport): readonly string[] => {
  const made = backupAt === undefined ? 'which does not say when it was made' : `made ${instantInWords(backupAt, at)}`;
  if (backup === undefined) return [`Treated ${database} as a restored backup, ${made}.`];
  const kept = aside === undefined ? [] : [`What was there before is kept as ${aside}; remove it when you are sure.`];
  return [`Restored ${backup}, ${made}, to ${database}.`, ...kept];
};

const endedInWords = ({ endings }: Restored): string =>
  `Ended: ${endings.sessions} sessions, ${endings.families} authorizations with their refresh tokens, ${endings.codes} unspent codes, ${endings.interactions} sign-ins under way. People sign in again.`;

const keysInWords = ({ revoked, lost, entriesTakenOver }: Restored): readonly string[] => [
  ...(entriesTakenOver === 0 ? [] : [`The key history goes on: ${entriesTakenOver} entries were taken over.`]),
  revoked.length === 0 ? 'No key was revoked.' : `Revoked: ${revoked.join(', ')}.`,
  ...(lost.length === 0 ? [] : [`Made after the backup, so lost, and revoked: ${lost.join(', ')}.`]),
];

const toDo = ({ backupAt }: RestoreReport): string =>
  `To do: the database knows nothing of what came after ${backupAt === undefined ? 'the backup' : instant(backupAt)}. Repeat what was done since: users locked or removed, clients removed, secrets rotated, passwords set.`;

export const restoredInWords = (report: RestoreReport, config: Config, width: number): string => {
  const { nothingElseRevoked, at } = report;
  const paragraphs = [...openingOf(report), endedInWords(report), ...keysInWords(report)];
  const purge = purgeOf(config).map((url) => `To do now: purge ${url} from every CDN and proxy in front of it.`);
  const until = instantInWords(acceptedUntil(report, config), at);
  const accepted = nothingElseRevoked
    ? [
        wrapText(
          `Access tokens from before the restore are accepted until they expire, at the latest ${until}. Those that were revoked after the backup are accepted again until then.`,
          width,
        ),
      ]
    : [
        wrapText(
          'New keys sign from now on, which no verifier has seen: one that does not fetch the key set for an unknown kid refuses new tokens until its cache expires. Restart such verifiers.',
          width,
        ),
        '',
        'At worst a token from before the restore is accepted until',
        exposureInWords(exposureOf(report, config), at, config),
        `and none after ${until}, when the last of them has expired.`,
        ...(purge.length === 0 ? [] : ['', ...purge]),
      ];
  return [...paragraphs.map((text) => wrapText(text, width)), '', ...accepted, '', wrapText(toDo(report), width)].join(
    '\n',
  );
};

export const restoredDocument = (report: RestoreReport, config: Config) => ({
  backup: report.backup ?? null,
  backup_at: report.backupAt ?? null,
  restored_at: report.at,
  database: report.database,
  aside: report.aside ?? null,
  ended: report.endings,
  revoked_kids: report.revoked,
  lost_kids: report.lost,
  history_entries_taken_over: report.entriesTakenOver,
  nothing_else_revoked: report.nothingElseRevoked,
  tokens_accepted_until: acceptedUntil(report, config),
  exposure: report.nothingElseRevoked ? [] : exposureOf(report, config).map(exposureDocument),
  purge: report.nothingElseRevoked ? [] : purgeOf(config),
});
