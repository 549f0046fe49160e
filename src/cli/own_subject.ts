// A client that acts for itself is the `sub` of its tokens, so that no client and no user may be called alike. RFC 9700 §4.15.
import { OperatorError } from '../errors.ts';
import type { AdministeredStore } from '../seams/administered_store.ts';
import { safeText, shellWord } from './safe_text.ts';

/** @throws {OperatorError} where the client_id is the `sub` of a user. */
export const assertNoUser = async (clientId: string, store: Pick<AdministeredStore, 'findUser'>): Promise<void> => {
  if ((await store.findUser(clientId)) === undefined) return;
  throw new OperatorError(
    `The client_id ${safeText(clientId)} is the sub of a user, for whom the client's tokens would be taken; nothing was changed. Choose another.`,
  );
};

/** @throws {OperatorError} where the `sub` is the client_id of a client. */
export const assertNoClient = async (sub: string, store: Pick<AdministeredStore, 'findClient'>): Promise<void> => {
  if ((await store.findClient(sub)) === undefined) return;
  throw new OperatorError(
    `The sub ${safeText(sub)} is the client_id of a client, whose tokens would be taken for the user's; nothing was changed. Remove that client first: npx keyturn clients remove ${shellWord(sub)}`,
  );
};
