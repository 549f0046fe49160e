// The emergency of `keyturn keys drill`, from the theft to the last refusal: what happened when, measured.
import { setTimeout as wait } from 'node:timers/promises';
import { paths } from '../endpoints/paths.ts';
import { OperatorError } from '../errors.ts';
import { revocationExposure, unseenKidSignsAt, type VerifierKind } from '../keys/revocation_exposure.ts';
import { revokeKey } from '../keys/rotation.ts';
import { type VerifiedKeyHistory, verifyKeyHistory } from '../keys/verify_key_history.ts';
import { openRotation, openStore } from '../node.ts';
import type { Signer } from '../seams/signer.ts';
import { signJwt } from '../tokens/jws.ts';
import type { DrillIssuer } from './drill_issuer.ts';
import { type DrillVerifier, startVerifiers } from './drill_verifiers.ts';

const alg = 'ES256';
const pollMilliseconds = 100;
/** How long it looks on after the last bound. */
const marginSeconds = 2;

/** Seconds after the revocation. */
export interface Measured {
  readonly who: VerifierKind | 'issuer';
  /** At worst, by the configuration; null where nothing bounds it. */
  readonly bound: number | null;
  /** When the key was last accepted, or last signed with. */
  readonly measured: number;
}

export interface DrillReport {
  readonly revokedKid: string;
  readonly promotedKid: string;
  /** When the key that nobody had seen took over, seconds after the revocation. */
  readonly secondTurn: number;
  readonly measured: readonly Measured[];
  /** Tokens signed by whatever key was active, and how many of these answers were a refusal. */
  readonly goodTokens: { readonly shown: number; readonly refused: number };
  readonly historyEntries: number;
  readonly complaints: readonly string[];
}

export interface DrillWatch {
  readonly signal: AbortSignal;
  tell(progress: string): void;
}

const nowSeconds = (): number => Date.now() / 1000;

const mint = (issuer: string, signer: Signer): Promise<string> => {
  const iat = Math.floor(nowSeconds());
  return signJwt('at+jwt', { iss: issuer, sub: 'drill', aud: issuer, client_id: 'drill', iat, exp: iat + 60 }, signer);
};

/** What is seen at each poll: the last instant at which each still took the stolen key, and refusals of good tokens. */
interface Sightings {
  readonly last: Map<Measured['who'], number>;
  shown: number;
  refused: number;
}

const look = async (
  { config, provider }: DrillIssuer,
  verifiers: readonly DrillVerifier[],
  stolen: Signer,
  seen: Sightings,
): Promise<void> => {
  const { signer } = provider.keyRing.activeSigner(alg);
  if (signer.kid === stolen.kid) seen.last.set('issuer', nowSeconds());
  const [good, forged] = [await mint(config.issuer, signer), await mint(config.issuer, stolen)];
  for (const verifier of verifiers) {
    if (await verifier.accepts(forged)) seen.last.set(verifier.kind, nowSeconds());
    // A copy made by hand has no key that is younger than itself.
    if (verifier.kind === 'hand_copied' || signer.kid === stolen.kid) continue;
    seen.shown += 1;
    if (!(await verifier.accepts(good))) seen.refused += 1;
  }
};

/** By a connection of its own, as the operator's command has one. */
const revokeByCommand = async ({ config }: DrillIssuer, kid: string) => {
  const store = await openStore(config);
  try {
    const plan = await revokeKey(kid, 'compromised', await openRotation(config, store));
    const { keys } = await store.readSigningKeys();
    const unseenAt = plan && unseenKidSignsAt(keys, { alg, revokedAt: plan.revokedAt }, config.policy);
    if (plan === undefined || plan.promotedKid === null || !unseenAt)
      throw new OperatorError('The throw-away ring could not be revoked in. Run the drill again.');
    return { revokedAt: plan.revokedAt, promotedKid: plan.promotedKid, unseenAt };
  } finally {
    await store.close();
  }
};

const readHistory = async ({ config }: DrillIssuer): Promise<VerifiedKeyHistory> =>
  verifyKeyHistory(await (await fetch(config.issuer + paths.key_history)).text());

/** @throws an AbortError when the person at the terminal has had enough. */
export const runDrill = async (drill: DrillIssuer, { signal, tell }: DrillWatch): Promise<DrillReport> => {
  const { config, provider } = drill;
  const { issuer, policy } = config;
  const pause = () => wait(pollMilliseconds, undefined, { signal });
  const verifiers = await startVerifiers(issuer, issuer + paths.jwks, policy);
  const { signer: stolen } = provider.keyRing.activeSigner(alg);
  const seen: Sightings = { last: new Map(), shown: 0, refused: 0 };

  tell(`An issuer of its own at ${issuer}. Waiting for lead, ${policy.leadSeconds} s, until its standby may sign.`);
  const readyAt = nowSeconds() + policy.leadSeconds + 1;
  while (nowSeconds() < readyAt) {
    await look(drill, verifiers, stolen, seen);
    await pause();
  }

  const { revokedAt, promotedKid, unseenAt } = await revokeByCommand(drill, stolen.kid);
  tell(`The key that signs was stolen, and is revoked. Watching for ${unseenAt - revokedAt + marginSeconds} s.`);
  const exposure = revocationExposure(policy, revokedAt, unseenAt).filter(
    ({ verifier, cacheSeconds }) => verifier !== 'fixed_cache' || cacheSeconds === policy.slowestVerifierSeconds,
  );
  const lastBound = Math.max(...exposure.map(({ acceptedUntil }) => acceptedUntil ?? 0));
  while (nowSeconds() < lastBound + marginSeconds) {
    await look(drill, verifiers, stolen, seen);
    await pause();
  }

  for (const verifier of verifiers.filter(({ kind }) => kind === 'hand_copied')) await verifier.replace();
  await look(drill, verifiers, stolen, seen);
  const { entries } = await readHistory(drill);
  const bounds = [
    { who: 'issuer' as const, until: revokedAt + policy.snapshotSeconds },
    ...exposure.map(({ verifier, acceptedUntil }) => ({ who: verifier, until: acceptedUntil })),
  ];
  return {
    revokedKid: stolen.kid,
    promotedKid,
    secondTurn: unseenAt - revokedAt,
    measured: bounds.map(({ who, until }) => ({
      who,
      bound: until === null ? null : until - revokedAt,
      measured: Math.max(0, Math.round(((seen.last.get(who) ?? revokedAt) - revokedAt) * 10) / 10),
    })),
    goodTokens: { shown: seen.shown, refused: seen.refused },
    historyEntries: entries.length,
    complaints: drill.complaints,
  };
};
