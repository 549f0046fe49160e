// An authorization request that waits for its end-user, bound to the browser it began in.
import { OAuthError } from '../errors.ts';
import type { Provider } from '../provider.ts';
import type { Interaction, Session } from '../seams/session_store.ts';
import { hashOpaque, makeOpaque } from '../tokens/opaque.ts';

const interactionSeconds = 3600;

/** Tells sessions apart, and one from itself signed in anew; says nothing to who has not both. */
const markOf = (random: string, session: Session | undefined): string =>
  hashOpaque(`${random} ${session?.sessionHash ?? ''}`);

/**
 * @param session - whom the browser was signed in as.
 * @returns the id for the URL, which holds the mark of that session.
 */
export const beginInteraction = async (
  parameters: Interaction['parameters'],
  browser: string,
  session: Session | undefined,
  { store, clock }: Provider,
): Promise<string> => {
  const random = makeOpaque();
  const id = `${random}.${markOf(random, session)}`;
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
