import { OperatorError } from '../errors.ts';
import type { Client, ClientStore } from '../seams/client_store.ts';
import { safeText } from './safe_text.ts';

export const clientUnknown = (clientId: string): OperatorError =>
  new OperatorError(
    `There is no client with the client_id ${safeText(clientId)}. "keyturn clients list" shows those there are.`,
  );

/** @throws {OperatorError} when there is no such client. */
export const findClient = async (clientId: string, store: ClientStore): Promise<Client> => {
  const client = await store.findClient(clientId);
  if (client === undefined) throw clientUnknown(clientId);
  return client;
};
