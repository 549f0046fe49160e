// `keyturn keys revoke`: carries a revocation out and tells how long verifiers may still accept the key.
import { type Config, readConfig } from '../config.ts';
import { paths } from '../endpoints/paths.ts';
import { OperatorError } from '../errors.ts';
import { type Exposure, revocationExposure, unseenKidSignsAt } from '../keys/revocation_exposure.ts';
import { revokeKey } from '../keys/rotation.ts';
import type { NumericDate } from '../seams/clock.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';
import { findKey } from './find_key.ts';
import { instant, instantInWords, secondsInWords, spanInWords } from './instants.ts';
import { withRings } from './open_rings.ts';
import { type AnswerOptions, answer, type Terminal, warn } from './terminal.ts';
import { columns, wrapText } from './text_layout.ts';

interface RevokeOptions extends AnswerOptions {
  readonly reason: string;
}

interface Revoked {
  readonly key: SigningKeyRecord;
  readonly revokedAt: NumericDate;
  readonly promoted: SigningKeyRecord | null;
  readonly successor: SigningKeyRecord | null;
  readonly exposure: readonly Exposure[];
}

const mostReasonCharacters = 200;

const assertReason = (reason: string): void => {
  if (reason.length === 0 || reason.length > mostReasonCharacters || /\p{Cc}/u.test(reason))
    throw new OperatorError(
      `The reason must be one line of 1 to ${mostReasonCharacters} characters; it has ${reason.length}. Nothing was revoked.`,
    );
};

const revokedAlready = ({ kid, revokedAt, revocationReason }: SigningKeyRecord): OperatorError =>
  new OperatorError(
    `The key ${kid} is revoked already, ${revokedAt === null ? 'just now' : `since ${instant(revokedAt)}`} (${revocationReason ?? 'unspecified'}). Nothing was changed.`,
  );

const carryOut = (typed: string, reason: string, config: Config): Promise<Revoked> =>
  withRings(config, async (rings) => {
    const { policy, store } = rings;
    const key = findKey(typed, (await store.readSigningKeys()).keys);
    if (key.revokedAt !== null) throw revokedAlready(key);
    const plan = await revokeKey(key.kid, reason, rings);
    if (plan === undefined) throw revokedAlready(key);
    const { keys } = await store.readSigningKeys();
    const { revokedAt } = plan;
    const promoted = keys.find(({ kid }) => kid === plan.promotedKid) ?? null;
    const successor = keys.find(({ alg, slot }) => alg === key.alg && slot === plan.successor?.slot) ?? null;
    const exposure = revocationExposure(policy, revokedAt, unseenKidSignsAt(keys, { alg: key.alg, revokedAt }, policy));
    return { key, revokedAt, promoted, successor, exposure };
  });

const turnsInWords = ({ key, promoted, successor, revokedAt }: Revoked): readonly string[] => {
  if (successor === null) return [`It was not the ${key.alg} key that signs, so no turn was needed.`];
  const second = `${successor.kid}, which nobody has seen yet, takes over ${instantInWords(successor.activatesAt, revokedAt)}.`;
  if (promoted === null) return [`There was no standby. ${second}`];
  return [
    `First turn: ${promoted.kid} signs ${key.alg} now.`,
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

const purgeOf = ({ issuer, policy }: Config): readonly string[] =>
  policy.sharedCacheSeconds > 0 ? [issuer + paths.jwks] : [];

const inWords = (revoked: Revoked, config: Config, width: number): string => {
  const { key, revokedAt, exposure } = revoked;
  const { snapshotSeconds, sharedCacheSeconds } = config.policy;
  const paragraphs = [
    `Revoked the ${key.alg} key ${key.kid} at ${instant(revokedAt)}.`,
    `Its private half is erased. Running nodes stop signing with it within P = ${snapshotSeconds} s. Tokens it signed stop verifying.`,
    ...turnsInWords(revoked),
  ];
  const purge = purgeOf(config).map((url) =>
    wrapText(
      `To do now: purge ${url} from every CDN and proxy in front of it. Left alone they may hand out the old key set for S = ${sharedCacheSeconds} s.`,
      width,
    ),
  );
  const copies = 'Also to do: replace every copy of the key set that was made by hand.';
  return [
    ...paragraphs.map((paragraph) => wrapText(paragraph, width)),
    '',
    'At worst the key is accepted until',
    columns(exposure.map((bound) => boundInWords(bound, revokedAt, config))),
    '',
    ...purge,
    copies,
  ].join('\n');
};

const documentOf = ({ key, revokedAt, promoted, successor, exposure }: Revoked, reason: string, config: Config) => ({
  kid: key.kid,
  alg: key.alg,
  revoked_at: revokedAt,
  reason,
  promoted_kid: promoted?.kid ?? null,
  successor: successor && { kid: successor.kid, activates_at: successor.activatesAt },
  exposure: exposure.map(({ verifier, libraries, cacheSeconds, acceptedUntil }) => ({
    verifier,
    libraries,
    cache_seconds: cacheSeconds,
    accepted_until: acceptedUntil,
  })),
  purge: purgeOf(config),
});

/** Whatever signs now may be newer than the key set of a verifier: the price of not signing with the revoked key. */
const warnOfYouth = ({ promoted, successor, revokedAt }: Revoked, leadSeconds: number, terminal: Terminal): void => {
  const signs = promoted ?? successor;
  if (signs === null || revokedAt - signs.publishedAt >= leadSeconds) return;
  warn(
    terminal,
    `${signs.kid} signs now, but was published only ${secondsInWords(revokedAt - signs.publishedAt)} ago, and lead is ${secondsInWords(leadSeconds)}: a verifier that keeps its key set longer refuses new tokens until it fetches again. Restart such verifiers.`,
  );
};

export const revoke = async (typed: string, options: RevokeOptions, terminal: Terminal): Promise<void> => {
  const { reason } = options;
  const config = readConfig(terminal.environment);
  assertReason(reason);
  const revoked = await carryOut(typed, reason, config);
  warnOfYouth(revoked, config.policy.leadSeconds, terminal);
  answer(terminal, options, documentOf(revoked, reason, config), inWords(revoked, config, terminal.columns));
};
