// `keyturn clients rotate-secret` and `keyturn clients remove`.
import { generateClientSecret, hashClientSecret } from '../client_authentication/client_secret.ts';
import { clientSecretInformation } from '../client_registration/client_information.ts';
import { type Config, readConfig } from '../config.ts';
import { OperatorError } from '../errors.ts';
import type { Client } from '../seams/client_store.ts';
import type { Resource } from '../seams/resource_store.ts';
import { auditEvent } from '../tokens/audit.ts';
import { assertClock } from './assert_clock.ts';
import { clientUnknown, findClient } from './find_client.ts';
import { instantInWords, secondsInWords } from './instants.ts';
import { type AnswerOptions, answer, type Terminal } from './terminal.ts';
import { withExistingStore } from './with_store.ts';

interface RotateOptions extends AnswerOptions {
  readonly overlapSeconds: number;
}

export const rotateSecret = async (clientId: string, options: RotateOptions, terminal: Terminal): Promise<void> => {
  const clientSecret = generateClientSecret();
  const now = terminal.clock.now();
  const previousExpiresAt = now + options.overlapSeconds;
  const document = {
    client_id: clientId,
    ...clientSecretInformation(clientSecret),
    previous_client_secret_expires_at: previousExpiresAt,
  };
  const before =
    options.overlapSeconds === 0
      ? 'The previous secret no longer works.'
      : `The previous secret works until ${instantInWords(previousExpiresAt, now)}.`;
  const words = `client_id      ${clientId}\nclient_secret  ${clientSecret}\n\nThe secret is shown this once; only its hash is kept. ${before}`;
  await withExistingStore(readConfig(terminal.environment), async (store) => {
    const { clientSecretSha256 } = await findClient(clientId, store);
    if (clientSecretSha256 === null)
      throw new OperatorError(`${clientId} is a public client (token_endpoint_auth_method none): it has no secret.`);
    const event = auditEvent('client.secret_rotated', { clientId }, terminal);
    if (!(await store.rotateClientSecret(clientId, hashClientSecret(clientSecret), previousExpiresAt, event)))
      throw clientUnknown(clientId);
    // Before the store is closed, which can fail: nobody could tell the secret any more.
    answer(terminal, options, document, words);
  });
};

/** How long a token the client got this moment lives at most. */
const longestTokenSeconds = (client: Client, resources: readonly Resource[], config: Config): number =>
  Math.max(
    // Without a resource its tokens are for userinfo.
    client.resources.length === 0 ? config.accessTokenSeconds : 0,
    ...resources
      .filter(({ resource }) => client.resources.includes(resource))
      .map(({ accessTokenSeconds }) => accessTokenSeconds),
  );

export const removeClient = async (clientId: string, options: AnswerOptions, terminal: Terminal): Promise<void> => {
  const config = readConfig(terminal.environment);
  const tokenSeconds = await withExistingStore(config, async (store) => {
    const client = await findClient(clientId, store);
    await assertClock(store, config, terminal);
    const event = auditEvent('client.removed', { clientId }, terminal);
    if (!(await store.removeClient(clientId, event))) throw clientUnknown(clientId);
    return longestTokenSeconds(client, await store.listResources(), config);
  });
  const words =
    `Removed the client ${clientId}: it gets no more tokens, and those it has are revoked. At verifiers that do not follow revocation they ` +
    `stay valid until they expire, at most ${secondsInWords(tokenSeconds)} from now.`;
  answer(terminal, options, { client_id: clientId, removed: true, tokens_valid_seconds: tokenSeconds }, words);
};
