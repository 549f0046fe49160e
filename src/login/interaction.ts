// An authorization request that waits for its end-user, bound to the browser it began in.
import { OAuthError } from '../errors.ts';
import type { Provider } from '../provider.ts';
import type { Interaction } from '../seams/session_store.ts';
import { hashOpaque, makeOpaque } from '../tokens/opaque.ts';

const interactionSeconds = 3600;

/** @returns the id for the URL. */
export const beginInteraction = async (
  parameters: Interaction['parameters'],
  browser: string,
  { store, clock }: Provider,
): Promise<string> => {
  const id = makeOpaque();
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

/** @throws {OAuthError} interaction_unknown: no such one, too old, or begun in another browser. */
export const resumeInteraction = async (
  id: string,
  browser: string | undefined,
  { store, clock }: Provider,
): Promise<Interaction> => {
  const interaction = await store.findInteraction(hashOpaque(id));
  if (interaction === undefined || clock.now() >= interaction.expiresAt) throw new OAuthError('interaction_unknown');
  if (browser === undefined || hashOpaque(browser) !== interaction.browserHash)
    throw new OAuthError('interaction_unknown');
  return interaction;
};
