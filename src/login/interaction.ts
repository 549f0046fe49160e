// An authorization request that waits for its end-user, bound to the browser it began in.
import { OAuthError } from '../errors.ts';
import type { Provider } from '../provider.ts';
import type { Interaction, Session } from '../seams/session_store.ts';
import { hashOpaque, makeOpaque } from '../tokens/opaque.ts';

const interactionSeconds = 3600;

/** Tells sessions apart, and one from itself signed in anew; says nothing to who has not both. */
const markOf = (random: string, session: Session | undefined): string =>
  hashOpaque(`${random} ${session?.sessionHash ?? ''}`);

/** Longer ones are left out of the id: a URL has an end. */
const mostApplicationLength = 1024;

/** The application, for when the request is over and nothing else is kept of it. It is in the clear, and proves nothing. */
const nameApplication = ({ client_id: clientId, redirect_uri: redirectUri }: Interaction['parameters']): string => {
  const application = `${redirectUri?.[0]} ${clientId?.[0]}`;
  return application.length > mostApplicationLength ? '' : Buffer.from(application).toString('base64url');
};

/** The application that an id names, which anybody can have written. */
export const applicationIn = (id: string): { readonly clientId: string; readonly redirectUri: string } | undefined => {
  const named = Buffer.from(id.split('.', 3)[2] ?? '', 'base64url').toString();
  const [, redirectUri, clientId] = /^(\S+) (.+)$/.exec(named) ?? [];
  return redirectUri !== undefined && clientId !== undefined ? { clientId, redirectUri } : undefined;
};

/**
 * @param session - whom the browser was signed in as.
 * @returns the id for the URL, which holds the mark of that session and names the application.
 */
export const beginInteraction = async (
  parameters: Interaction['parameters'],
  browser: string,
  session: Session | undefined,
  { store, clock }: Provider,
): Promise<string> => {
  const random = makeOpaque();
  const id = [random, markOf(random, session), nameApplication(parameters)].join('.');
  const now = clock.now();
  await store.addInteraction({
    idHash: hashOpaque(id),
    browserHash: hashOpaque(browser),
    parameters,
    createdAt: now,
    expiresAt: now + interactionSeconds,
    accountChosenAt: null,
    consentedAt: null,
  });
  return id;
};

/** Whether the session is not the one that was there when the interaction began, or was signed in anew: instants of whole seconds cannot tell. */
export const isNewSince = (id: string, session: Session | undefined): boolean => {
  const [random = '', mark] = id.split('.', 2);
  return session !== undefined && markOf(random, session) !== mark;
};

/** @throws {OAuthError} interaction_unknown: no such one, too old, or begun in another browser; browser_cookie_missing. */
export const resumeInteraction = async (
  id: string,
  browser: string | undefined,
  { store, clock }: Provider,
): Promise<Interaction> => {
  const interaction = await store.findInteraction(hashOpaque(id));
  if (interaction === undefined || clock.now() >= interaction.expiresAt) throw new OAuthError('interaction_unknown');
  if (browser === undefined) throw new OAuthError('browser_cookie_missing');
  if (hashOpaque(browser) !== interaction.browserHash) throw new OAuthError('interaction_unknown');
  return interaction;
};

/** Ends one whose client is told of an error: it is told once. @throws {OAuthError} interaction_unknown: it was before. */
export const endInteraction = async ({ idHash }: Interaction, { store }: Provider): Promise<void> => {
  if (!(await store.removeInteraction(idHash))) throw new OAuthError('interaction_unknown');
};
