// `keyturn clients list` and `keyturn clients show`. They change nothing.
import { clientInformation } from '../client_registration/client_information.ts';
import { readConfig } from '../config.ts';
import type { Client } from '../seams/client_store.ts';
import type { NumericDate } from '../seams/clock.ts';
import { informationInWords } from './clients_add.ts';
import { findClient } from './find_client.ts';
import { instantInWords } from './instants.ts';
import { safeText } from './safe_text.ts';
import { type AnswerOptions, answer, type Terminal } from './terminal.ts';
import { columns } from './text_layout.ts';
import { withExistingStore } from './with_store.ts';

const informationOf = (client: Client) => ({
  ...clientInformation(client),
  previous_client_secret_expires_at: client.previousClientSecretExpiresAt,
});

const heading = ['CLIENT_ID', 'NAME', 'GRANT_TYPES', 'RESOURCES'];

export const listClients = async (options: AnswerOptions, terminal: Terminal): Promise<void> => {
  const clients = await withExistingStore(readConfig(terminal.environment), (store) => store.listClients());
  const rows = clients.map(({ clientId, clientName, grantTypes, resources }) => [
    clientId,
    safeText(clientName ?? '-'),
    grantTypes.join(' '),
    resources.join(' '),
  ]);
  const words =
    rows.length === 0 ? 'There are no clients yet. Add one: npx keyturn clients add' : columns([heading, ...rows]);
  answer(terminal, options, { clients: clients.map(informationOf) }, words);
};

const secretInWords = (client: Client, now: NumericDate): string => {
  const { clientSecretSha256, previousClientSecretExpiresAt: until } = client;
  if (clientSecretSha256 === null) return 'It is a public client: it has no secret.';
  const previous = until !== null && until > now ? ` The previous one works until ${instantInWords(until, now)}.` : '';
  return `Its secret is kept as a hash and cannot be shown.${previous}`;
};

export const showClient = async (clientId: string, options: AnswerOptions, terminal: Terminal): Promise<void> => {
  const client = await withExistingStore(readConfig(terminal.environment), (store) => findClient(clientId, store));
  const issued = { client_id_issued_at: instantInWords(client.clientIdIssuedAt, terminal.clock.now()) };
  const words = `${informationInWords({ ...clientInformation(client), ...issued })}\n${secretInWords(client, terminal.clock.now())}`;
  answer(terminal, options, informationOf(client), words);
};
