// `keyturn clients export` and `keyturn clients import`: a client with the hash of its secret, so that it goes on working
// with the secret it has.
import { z } from 'zod';
import { clientInformation } from '../client_registration/client_information.ts';
import { registerClient } from '../client_registration/register_client.ts';
import { readConfig } from '../config.ts';
import { OperatorError } from '../errors.ts';
import type { Client } from '../seams/client_store.ts';
import { auditEvent, recordAudit } from '../tokens/audit.ts';
import { informationInWords } from './clients_add.ts';
import { findClient } from './find_client.ts';
import { assertNoUser } from './own_subject.ts';
import { readJsonObject } from './read_json_object.ts';
import { safeJson } from './safe_text.ts';
import { type AnswerOptions, answer, type Terminal, warn } from './terminal.ts';
import { withExistingStore, withStore } from './with_store.ts';

const sha256 = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'expected a SHA-256 in base64url');

/** Beside its metadata: what only another Keyturn can do something with. */
const kept = z.object({
  client_id: z.string(),
  client_id_issued_at: z.int().nonnegative(),
  client_secret_sha256: sha256.nullable(),
  previous_client_secret_sha256: sha256.nullable(),
  previous_client_secret_expires_at: z.int().nullable(),
  tokens_not_before: z.int().nullable(),
});

const exportedOf = (client: Client) => ({
  ...clientInformation(client),
  client_secret_sha256: client.clientSecretSha256,
  previous_client_secret_sha256: client.previousClientSecretSha256,
  previous_client_secret_expires_at: client.previousClientSecretExpiresAt,
  tokens_not_before: client.tokensNotBefore,
});

export const exportClient = async (clientId: string, terminal: Terminal): Promise<void> => {
  const { clock } = terminal;
  const client = await withExistingStore(readConfig(terminal.environment), async (store) => {
    const found = await findClient(clientId, store);
    await recordAudit('client.exported', { clientId }, { store, clock });
    return found;
  });
  terminal.print(safeJson(exportedOf(client)));
};

const keptOf = (exported: Readonly<Record<string, unknown>>): z.infer<typeof kept> => {
  const { success, data, error } = kept.safeParse(exported);
  if (success) return data;
  throw new OperatorError(
    `This is no client as "keyturn clients export" prints it; nothing was changed. To register one from metadata: npx keyturn clients add --from FILE. ${z.prettifyError(error)}`,
  );
};

export const importClient = async (from: string, options: AnswerOptions, terminal: Terminal): Promise<void> => {
  const config = readConfig(terminal.environment);
  const { clock } = terminal;
  const exported = await readJsonObject(from, terminal, 'one object, as "keyturn clients export" prints it');
  const brought = keptOf(exported);
  const ours = new Set(Object.keys(kept.shape).filter((name) => name !== 'client_id'));
  const metadata = Object.fromEntries(Object.entries(exported).filter(([name]) => !ours.has(name)));
  const { client, warnings } = await withStore(config, async (store) => {
    const registration = registerClient(metadata, await store.listResources(), clock.now(), config.loopback);
    const isPublic = registration.client.tokenEndpointAuthMethod === 'none';
    if (isPublic !== (brought.client_secret_sha256 === null))
      throw new OperatorError(
        'client_secret_sha256 and token_endpoint_auth_method contradict each other; nothing was changed.',
      );
    const imported: Client = {
      ...registration.client,
      clientIdIssuedAt: brought.client_id_issued_at,
      clientSecretSha256: brought.client_secret_sha256,
      previousClientSecretSha256: brought.previous_client_secret_sha256,
      previousClientSecretExpiresAt: brought.previous_client_secret_expires_at,
      tokensNotBefore: brought.tokens_not_before,
    };
    const { clientId } = imported;
    await assertNoUser(clientId, store);
    if (!(await store.addClient(imported, auditEvent('client.imported', { clientId }, terminal))))
      throw new OperatorError(`The client_id ${clientId} is taken here; nothing was changed.`);
    return { client: imported, warnings: registration.warnings };
  });
  for (const warning of warnings) warn(terminal, warning);
  const information = clientInformation(client);
  answer(
    terminal,
    options,
    information,
    `Imported the client, with the secret it has:\n${informationInWords(information)}`,
  );
};
