// The signed-in browser: found by its cookie, ended by age, by silence, or with its end-user.
import type { Provider } from '../provider.ts';
import type { AuditEvent } from '../seams/audit_store.ts';
import type { Session } from '../seams/session_store.ts';
import type { User } from '../seams/user_store.ts';
import { type AuditSubject, auditEvent } from '../tokens/audit.ts';
import { hashOpaque, makeOpaque } from '../tokens/opaque.ts';
import { makeOrderedUuid } from '../tokens/ordered_uuid.ts';
import { endSession } from './end_session.ts';

const touchEverySeconds = 60;
/** Of a short idle time, so that who keeps coming was not away. */
const touchEveryPart = 0.1;
const longestUserAgent = 300;

export interface SignedIn {
  readonly session: Session;
  readonly user: User;
}

/** Whether its end-user is signed in by it still. */
export const isOpen = ({ endedAt, expiresAt, lastSeenAt }: Session, { clock, config }: Provider): boolean =>
  endedAt === null && clock.now() < expiresAt && clock.now() - lastSeenAt < config.sessionIdleSeconds;

/** @param cookie - the session cookie's value. @returns undefined when nobody is signed in with it. */
export const findSignedIn = async (cookie: string | undefined, provider: Provider): Promise<SignedIn | undefined> => {
  if (cookie === undefined) return undefined;
  const { store, clock, config } = provider;
  const session = await store.findSession(hashOpaque(cookie));
  if (session === undefined || !isOpen(session, provider)) return undefined;
  const user = await store.findUser(session.sub);
  if (user === undefined || user.lockedAt !== null) return undefined;
  const now = clock.now();
  const touchEvery = Math.min(touchEverySeconds, config.sessionIdleSeconds * touchEveryPart);
  if (now - session.lastSeenAt >= touchEvery) await store.touchSession(session.sid, now);
  return { session, user };
};

/** The session of a cookie, also of a browser that stayed away too long: its tokens live on until it is ended. */
export const findUnendedSession = async (
  cookie: string | undefined,
  { store }: Provider,
): Promise<Session | undefined> => (cookie === undefined ? undefined : store.findSession(hashOpaque(cookie)));

/** How an end-user came to be signed in. */
export interface SignInManner {
  readonly amr: readonly string[];
  readonly acr: string;
  readonly browser: string;
  readonly userAgent: string | undefined;
  /** Where and for whom, of `sign_in.succeeded`; undefined where something else is recorded. */
  readonly recorded: Pick<AuditSubject, 'clientId' | 'address'> | undefined;
}

const signedInEvent = ({ sub, sid }: Session, { recorded }: SignInManner, provider: Provider): AuditEvent | null =>
  recorded === undefined ? null : auditEvent('sign_in.succeeded', { ...recorded, sub, sid }, provider);

/** The session goes on under a new cookie where it is the same end-user's; any other the browser had ends. ASVS 7.2.4. */
const succeed = async (
  before: string,
  session: Session,
  proved: User,
  how: SignInManner,
  provider: Provider,
): Promise<boolean> => {
  const standing = await findSignedIn(before, provider);
  if (standing?.user.sub === session.sub) {
    const renewed = { ...session, sid: standing.session.sid };
    return provider.store.renewSession(hashOpaque(before), renewed, proved, signedInEvent(renewed, how, provider));
  }
  const earlier = await findUnendedSession(before, provider);
  if (earlier !== undefined) await endSession(earlier, provider);
  return false;
};

/**
 * Starts a session with a new cookie, whatever the browser had before, which is good for nothing any more. An end-user who
 * proves themselves again keeps their `sid`, and with it the tokens of that session.
 *
 * @param user - as read before their password was proved.
 * @returns the value for the cookie; undefined when they are gone, locked or have another password since.
 */
export const startSession = async (
  user: User,
  before: string | undefined,
  how: SignInManner,
  provider: Provider,
): Promise<string | undefined> => {
  const { store, clock, config } = provider;
  const now = clock.now();
  const cookie = makeOpaque();
  const session: Session = {
    sessionHash: hashOpaque(cookie),
    sid: makeOrderedUuid(now),
    sub: user.sub,
    browserHash: hashOpaque(how.browser),
    authTime: now,
    amr: how.amr,
    acr: how.acr,
    userAgent: how.userAgent?.slice(0, longestUserAgent) ?? null,
    lastSeenAt: now,
    expiresAt: now + config.sessionSeconds,
    endedAt: null,
  };
  if (before !== undefined && (await succeed(before, session, user, how, provider))) return cookie;
  return (await store.addSession(session, user, signedInEvent(session, how, provider))) ? cookie : undefined;
};
