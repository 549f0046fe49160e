// `keyturn clients add`: metadata from options and a file into a stored client.
import { clientInformation, clientSecretInformation } from '../client_registration/client_information.ts';
import { registerClient } from '../client_registration/register_client.ts';
import { readConfig } from '../config.ts';
import { OperatorError } from '../errors.ts';
import { auditEvent } from '../tokens/audit.ts';
import { assertNoUser } from './own_subject.ts';
import { readJsonObject } from './read_json_object.ts';
import { safeText, shellWord } from './safe_text.ts';
import { type AnswerOptions, answer, type Terminal, warn } from './terminal.ts';
import { columns } from './text_layout.ts';
import { withStore } from './with_store.ts';

interface AddOptions extends AnswerOptions {
  readonly from?: string;
  readonly clientId?: string;
  readonly clientName?: string;
  readonly grantType?: readonly string[];
  readonly redirectUri?: readonly string[];
  readonly tokenEndpointAuthMethod?: string;
  readonly scope?: string;
  readonly resource?: readonly string[];
  readonly applicationType?: string;
  readonly postLogoutRedirectUri?: readonly string[];
  readonly backchannelLogoutUri?: string;
  readonly backchannelLogoutSessionRequired?: boolean;
  readonly idTokenSignedResponseAlg?: string;
  readonly userinfoSignedResponseAlg?: string;
  readonly firstParty?: boolean;
  readonly idTokenClaim?: readonly string[];
  readonly serves?: readonly string[];
  readonly dangerouslyAllowNoPkce?: boolean;
}

/** The options given, named as in RFC 7591 §2. */
const metadataOf = (options: AddOptions): Readonly<Record<string, unknown>> => {
  const named = {
    client_id: options.clientId,
    client_name: options.clientName,
    grant_types: options.grantType,
    redirect_uris: options.redirectUri,
    token_endpoint_auth_method: options.tokenEndpointAuthMethod,
    scope: options.scope,
    resources: options.resource,
    application_type: options.applicationType,
    post_logout_redirect_uris: options.postLogoutRedirectUri,
    backchannel_logout_uri: options.backchannelLogoutUri,
    backchannel_logout_session_required: options.backchannelLogoutSessionRequired,
    id_token_signed_response_alg: options.idTokenSignedResponseAlg,
    userinfo_signed_response_alg: options.userinfoSignedResponseAlg,
    first_party: options.firstParty,
    id_token_claims: options.idTokenClaim,
    serves: options.serves,
    dangerously_allow_no_pkce: options.dangerouslyAllowNoPkce,
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
};

type Information = Readonly<Record<string, unknown>>;

export const informationInWords = (information: Information): string =>
  columns(
    Object.entries(information).map(([name, value]) => [
      `  ${name}`,
      safeText(Array.isArray(value) ? value.join(' ') : String(value)),
    ]),
  );

export const addClient = async (options: AddOptions, terminal: Terminal): Promise<void> => {
  const config = readConfig(terminal.environment);
  const fromFile = options.from === undefined ? {} : await readJsonObject(options.from, terminal);
  const metadata = { ...fromFile, ...metadataOf(options) };
  const { clock } = terminal;
  await withStore(config, async (store) => {
    const { client, clientSecret, warnings } = registerClient(
      metadata,
      await store.listResources(),
      clock.now(),
      config.loopback,
    );
    const { clientId } = client;
    await assertNoUser(clientId, store);
    if (!(await store.addClient(client, auditEvent('client.added', { clientId }, terminal))))
      throw new OperatorError(
        `The client_id ${clientId} is taken; nothing was changed. Choose another, or remove that client first: npx keyturn clients remove ${shellWord(clientId)}`,
      );
    for (const warning of warnings) warn(terminal, warning);
    const information = { ...clientInformation(client), ...clientSecretInformation(clientSecret) };
    const once = clientSecret === null ? [] : ['', 'The client_secret is shown this once; only its hash is kept.'];
    const words = ['Registered the client:', informationInWords(information), ...once].join('\n');
    // Before the store is closed, which can fail: nobody could tell the secret any more.
    answer(terminal, options, information, words);
  });
};
