// `keyturn keys list`: both rings, drawn and in words. Changes nothing.
import { readConfig } from '../config.ts';
import { allLifetimesOf } from '../keys/lifecycle.ts';
import { readinessOf } from '../keys/readiness.ts';
import { timelinesOf } from '../keys/timeline.ts';
import type { NumericDate } from '../seams/clock.ts';
import { signingAlgorithms } from '../seams/signer.ts';
import { drawTimeline, timelineLegend } from './draw_timeline.ts';
import { instant, relativeTo } from './instants.ts';
import { type KeyRow, keyRowOf } from './key_row.ts';
import { readinessInWords, readinessRowOf } from './readiness_row.ts';
import { safeText } from './safe_text.ts';
import { type AnswerOptions, answer, type Terminal } from './terminal.ts';
import { columns } from './text_layout.ts';
import { withExistingStore } from './with_store.ts';

interface ListOptions extends AnswerOptions {
  readonly all?: boolean;
}

const instantsOf = (row: KeyRow): readonly (readonly [string, NumericDate | null])[] => {
  if (row.state === 'revoked')
    return [
      ['published', row.published_at],
      ['revoked', row.revoked_at],
    ];
  return [
    ['published', row.published_at],
    ['signs from', row.activates_at],
    ['signs until', row.signs_until],
    ['leaves the key set', row.removed_at],
  ];
};

const inWords = (row: KeyRow, now: NumericDate): string => {
  const reason = row.revocation_reason === null ? '' : `: ${safeText(row.revocation_reason)}`;
  const lines = instantsOf(row).flatMap(([what, at]) =>
    at === null ? [] : [[`    ${what}`, instant(at), `${relativeTo(now, at)}${what === 'revoked' ? reason : ''}`]],
  );
  return [`  ${row.kid}  ${row.state}`, columns(lines)].join('\n');
};

const ringInWords = (
  rows: readonly KeyRow[],
  drawing: readonly string[],
  readiness: readonly string[],
  now: NumericDate,
): string => [...drawing, '', ...rows.map((row) => inWords(row, now)), ...readiness].join('\n');

const nothingYet = 'There are no keys yet: the first start of the server makes them ("npx keyturn serve").';

export const listKeys = async (options: ListOptions, terminal: Terminal): Promise<void> => {
  const config = readConfig(terminal.environment);
  const {
    keys,
    databaseNow: now,
    readers,
  } = await withExistingStore(config, async (store) => ({
    ...(await store.readSigningKeys()),
    readers: await store.listKeySetReaders(),
  }));
  const readiness = readinessOf(keys, readers, config.policy, now);
  const every = allLifetimesOf(keys, config.policy, now).map(keyRowOf);
  const rows = options.all ? every : every.filter(({ state }) => state !== 'removed');
  const timelines = timelinesOf(keys, config.policy, now);
  const rings = signingAlgorithms
    .map((alg) => {
      const drawn = timelines.find((timeline) => timeline.alg === alg);
      const ofRing = rows.filter((row) => row.alg === alg);
      const ready = readiness.filter((ring) => ring.alg === alg).map((ring) => readinessInWords(ring, now));
      return { drawing: drawn === undefined ? [] : drawTimeline(drawn, terminal), ofRing, ready };
    })
    .filter(({ ofRing }) => ofRing.length > 0)
    .map(({ drawing, ofRing, ready }) => ringInWords(ofRing, drawing, ready, now));
  const hidden = every.length - rows.length;
  const note = hidden === 0 ? [] : [`${hidden} that left the key set: keyturn keys list --all`];
  const words =
    keys.length === 0 ? nothingYet : [...rings, [timelineLegend(terminal), ...note].join('\n')].join('\n\n');
  answer(
    terminal,
    options,
    { issuer: config.issuer, now, keys: rows, readiness: readiness.map(readinessRowOf) },
    words,
  );
};
