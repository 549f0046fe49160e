// What an authorization request waits for next, pure. Every page comes back to the authorization endpoint, and here.
// OpenID Connect Core 1.0 §3.1.2.3, §3.1.2.4.
import type { AuthorizationRequest } from '../authorization_request/authorization_request.ts';
import type { NumericDate } from '../seams/clock.ts';
import type { Consent, Interaction, Session } from '../seams/session_store.ts';
import { resourceScopeOf } from './consent.ts';

export type Step = 'login' | 'sign_up' | 'select_account' | 'consent' | 'issue';
export type Refusal = 'login_required' | 'consent_required';

export interface Progress {
  readonly session: Session | undefined;
  readonly consent: Consent | undefined;
  readonly interaction: Interaction | undefined;
  /** As isNewSince says of the session and the interaction. */
  readonly sessionIsNew: boolean;
}

/** A session of before may still come up later, in another tab. */
const isProvedOnTheWay = ({ session, interaction, sessionIsNew }: Omit<Progress, 'consent'>): boolean =>
  session !== undefined && interaction !== undefined && sessionIsNew && session.authTime >= interaction.createdAt;

/** Whom the claims parameter and the hint name, each where it does. OpenID Connect Core 1.0 §3.1.2.2. */
export const isExpected = ({ claims, hintedSub }: AuthorizationRequest, { sub }: Session): boolean =>
  (claims.subs?.includes(sub) ?? true) && (hintedSub ?? sub) === sub;

/** Whether who is signed in may go on as they are, without proving themselves anew. */
export const isSignedInAsAsked = (
  request: AuthorizationRequest,
  progress: Omit<Progress, 'consent'>,
  now: NumericDate,
): boolean => {
  const { session } = progress;
  if (session === undefined || !isExpected(request, session)) return false;
  const proved = isProvedOnTheWay(progress);
  if ((request.prompt.includes('login') || request.prompt.includes('create')) && !proved) return false;
  const { maxAgeSeconds } = request;
  return maxAgeSeconds === undefined || proved || (maxAgeSeconds > 0 && now - session.authTime <= maxAgeSeconds);
};

/** Whether another proved themselves on the way than was asked for: asked again they would not know why. */
const isSomebodyElse = (request: AuthorizationRequest, progress: Progress): boolean =>
  progress.session !== undefined && !isExpected(request, progress.session) && isProvedOnTheWay(progress);

/** What one end-user answered is no answer of another, who signed in later on the same way. */
const isMarkedBy = (session: Session | undefined, markedAt: NumericDate | null = null): boolean =>
  session !== undefined && markedAt !== null && markedAt >= session.authTime;

const isAccountChosen = (request: AuthorizationRequest, progress: Progress): boolean =>
  !request.prompt.includes('select_account') ||
  isMarkedBy(progress.session, progress.interaction?.accountChosenAt) ||
  isProvedOnTheWay(progress);

const covers = (allowed: readonly string[], asked: readonly string[]): boolean =>
  asked.every((value) => allowed.includes(value));

/** Where a single resource was ever allowed, all of the scope was allowed there, also in rows that do not say so. */
const isScopeAllowed = (request: AuthorizationRequest, { scope, resources, resourceScope }: Consent): boolean =>
  resources.includes(request.resource) &&
  (resources.length === 1 ? covers(scope, request.scope) : covers(resourceScope, resourceScopeOf(request)));

const isConsented = (request: AuthorizationRequest, { session, consent, interaction }: Progress): boolean => {
  if (request.prompt.includes('consent') && !isMarkedBy(session, interaction?.consentedAt)) return false;
  if (request.client.firstParty) return true;
  const claims = [...request.claims.idToken, ...request.claims.userinfo];
  return consent !== undefined && isScopeAllowed(request, consent) && covers(consent.claims, claims);
};

/** Initiating User Registration via OpenID Connect 1.0 §4.1. */
const proofStep = ({ prompt }: AuthorizationRequest): Step => (prompt.includes('create') ? 'sign_up' : 'login');

/** @returns the step to take, or why it cannot go on: under prompt=none without a page, or not with who signed in. */
export const nextStep = (request: AuthorizationRequest, progress: Progress, now: NumericDate): Step | Refusal => {
  const silent = request.prompt.includes('none');
  if (isSomebodyElse(request, progress)) return 'login_required';
  if (!isSignedInAsAsked(request, progress, now)) return silent ? 'login_required' : proofStep(request);
  if (!isAccountChosen(request, progress)) return 'select_account';
  if (!isConsented(request, progress)) return silent ? 'consent_required' : 'consent';
  return 'issue';
};
