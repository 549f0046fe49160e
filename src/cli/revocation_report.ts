// What a revocation does and did, in words and as a document: turns, worst cases by kind of verifier, what to purge.
import type { Config } from '../config.ts';
import { paths } from '../endpoints/paths.ts';
import { unmadeKid } from '../keys/rehearse_revocation.ts';
import type { Exposure } from '../keys/revocation_exposure.ts';
import type { NumericDate } from '../seams/clock.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';
import { instant, instantInWords, secondsInWords, spanInWords } from './instants.ts';
import { columns, wrapText } from './text_layout.ts';

export interface Revoked {
  /** Nothing was done: this is what would be. */
  readonly dryRun: boolean;
  readonly key: SigningKeyRecord;
  readonly revokedAt: NumericDate;
  readonly promoted: SigningKeyRecord | null;
  readonly successor: SigningKeyRecord | null;
  readonly exposure: readonly Exposure[];
}

const turnsInWords = ({ dryRun, key, promoted, successor, revokedAt }: Revoked): readonly string[] => {
  const be = dryRun ? 'is' : 'was';
  if (successor === null) return [`It ${be} not the ${key.alg} key that signs, so no turn ${be} needed.`];
  const name = successor.kid === unmadeKid ? 'a key made then' : successor.kid;
  const second = `${name}, which nobody has seen yet, takes over ${instantInWords(successor.activatesAt, revokedAt)}.`;
  if (promoted === null) return [`There is no standby. ${second}`];
  return [
    `First turn: ${promoted.kid} signs ${key.alg} ${dryRun ? 'at once' : 'now'}.`,
    `Second turn: ${second} Verifiers that refetch only on an unknown kid learn of the revocation then.`,
  ];
};

const verifierInWords = ({ verifier, libraries, cacheSeconds }: Exposure, { policy }: Config): string => {
  if (verifier === 'cache_control') return 'whoever obeys Cache-Control';
  if (verifier === 'unknown_kid') return `${libraries.join(', ')}: only on an unknown kid`;
  if (verifier === 'hand_copied') return 'a key set copied by hand';
  const declared = cacheSeconds === policy.slowestVerifierSeconds ? ['your slowest (V)'] : [];
  return `${[...libraries, ...declared].join(', ')}: a cache of ${cacheSeconds} s`;
};

const boundInWords = (bound: Exposure, revokedAt: NumericDate, config: Config): readonly string[] => {
  const { verifier, acceptedUntil } = bound;
  const by = verifierInWords(bound, config);
  if (acceptedUntil !== null) return [`  ${instant(acceptedUntil)}`, spanInWords(acceptedUntil - revokedAt), by];
  return [verifier === 'hand_copied' ? '  you replace it' : '  it restarts', '', by];
};

/** One line for each kind of verifier. */
export const exposureInWords = (exposure: readonly Exposure[], revokedAt: NumericDate, config: Config): string =>
  columns(exposure.map((bound) => boundInWords(bound, revokedAt, config)));

export const purgeOf = ({ issuer, policy }: Config): readonly string[] =>
  policy.sharedCacheSeconds > 0 ? [issuer + paths.jwks] : [];

const openingOf = ({ dryRun, key, revokedAt }: Revoked): string =>
  dryRun
    ? `Nothing was revoked (--dry-run). Revoking the ${key.alg} key ${key.kid} would do this now, at ${instant(revokedAt)}:`
    : `Revoked the ${key.alg} key ${key.kid} at ${instant(revokedAt)}.`;

export const revokedInWords = (revoked: Revoked, config: Config, width: number): string => {
  const { dryRun, revokedAt, exposure } = revoked;
  const { snapshotSeconds, sharedCacheSeconds } = config.policy;
  const paragraphs = [
    openingOf(revoked),
    `Its private half is erased. Running nodes stop signing with it within P = ${snapshotSeconds} s. Tokens it signed stop verifying.`,
    ...turnsInWords(revoked),
  ];
  const purge = purgeOf(config).map((url) =>
    wrapText(
      `To do ${dryRun ? 'then' : 'now'}: purge ${url} from every CDN and proxy in front of it. Left alone they may hand out the old key set for S = ${sharedCacheSeconds} s.`,
      width,
    ),
  );
  const copies = 'Also to do: replace every copy of the key set that was made by hand.';
  return [
    ...paragraphs.map((paragraph) => wrapText(paragraph, width)),
    '',
    'At worst the key is accepted until',
    exposureInWords(exposure, revokedAt, config),
    '',
    ...purge,
    copies,
  ].join('\n');
};

export const exposureDocument = ({ verifier, libraries, cacheSeconds, acceptedUntil }: Exposure) => ({
  verifier,
  libraries,
  cache_seconds: cacheSeconds,
  accepted_until: acceptedUntil,
});

export const revokedDocument = (
  { dryRun, key, revokedAt, promoted, successor, exposure }: Revoked,
  reason: string,
  config: Config,
) => ({
  dry_run: dryRun,
  kid: key.kid,
  alg: key.alg,
  revoked_at: revokedAt,
  reason,
  promoted_kid: promoted?.kid ?? null,
  successor: successor && {
    kid: successor.kid === unmadeKid ? null : successor.kid,
    activates_at: successor.activatesAt,
  },
  exposure: exposure.map(exposureDocument),
  purge: purgeOf(config),
});

/** Whatever signs then may be newer than the key set of a verifier: the price of not signing with the revoked key. */
export const youthInWords = (
  { dryRun, promoted, successor, revokedAt }: Revoked,
  leadSeconds: number,
): string | undefined => {
  const signs = promoted ?? successor;
  if (signs === null || revokedAt - signs.publishedAt >= leadSeconds) return undefined;
  const verb = dryRun ? 'would sign now' : 'signs now';
  return `${signs.kid} ${verb}, but was published only ${secondsInWords(revokedAt - signs.publishedAt)} ago, and lead is ${secondsInWords(leadSeconds)}: a verifier that keeps its key set longer refuses new tokens until it fetches again. Restart such verifiers.`;
};
