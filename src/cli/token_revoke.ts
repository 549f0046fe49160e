// `keyturn token revoke`: ends tokens before their time, and says by when verifiers refuse them.
import { type Config, readConfig } from '../config.ts';
import { OperatorError } from '../errors.ts';
import type { AdministeredStore } from '../seams/administered_store.ts';
import type { AuditEvent } from '../seams/audit_store.ts';
import { findListed } from '../status_lists/find_place.ts';
import { afterlifeSecondsOf } from '../status_lists/retention.ts';
import { type AuditSubject, auditEvent } from '../tokens/audit.ts';
import { assertClock } from './assert_clock.ts';
import { findClient } from './find_client.ts';
import { findUser } from './find_user.ts';
import { secondsInWords } from './instants.ts';
import { safeText, shellWord } from './safe_text.ts';
import { type AnswerOptions, answer, type Terminal } from './terminal.ts';
import { wrapText } from './text_layout.ts';
import { withExistingStore } from './with_store.ts';

export interface RevokeOptions extends AnswerOptions {
  readonly jti?: string;
  readonly subject?: string;
  readonly session?: string;
  readonly client?: string;
}

interface Revoked {
  /** What was named, as it is kept. */
  readonly value: string;
  readonly words: string;
}

/** What is recorded of a revocation by the operator. */
type Recorded = (subject: AuditSubject) => AuditEvent;

type Target = 'jti' | 'subject' | 'session' | 'client';

interface RevokedBy {
  readonly store: AdministeredStore;
  readonly config: Config;
  readonly terminal: Terminal;
  readonly recorded: Recorded;
}

type Revoke = (named: string, by: RevokedBy) => Promise<Revoked>;

/** A jti is text of a token; Keyturn's own are far shorter. */
const jtiForm = /^[\x21-\x7e]{1,128}$/;

const revokeJti: Revoke = async (jti, { store, config: { policy }, terminal: { clock }, recorded }) => {
  if (!jtiForm.test(jti))
    throw new OperatorError(
      `This is no jti: ${safeText(jti)}. Expected the claim of an access token, at most 128 characters without spaces. "keyturn token inspect" shows it. Nothing was revoked.`,
    );
  const listed = await findListed(jti, store);
  const latest = clock.now() + policy.maxTokenSeconds + afterlifeSecondsOf(policy);
  const event = recorded({ details: { jti } });
  await store.denyToken(jti, listed?.list.expiresAt ?? latest, listed?.place, event);
  const where = listed === undefined ? ' It has no place in a status list: only the feed tells of it.' : '';
  return { value: jti, words: `Revoked the access token ${jti}.${where}` };
};

const revokeSession: Revoke = async (sid, { store, terminal: { clock }, recorded }) => {
  const session = await store.findSessionBySid(sid);
  const event = recorded({ sid, sub: session?.sub ?? null });
  if (!(await store.revokeSession(sid, clock.now(), event)))
    throw new OperatorError(
      `There is no session ${safeText(sid)} that has not ended, and no tokens of it. Its sid is in ID tokens and in "keyturn audit list". Nothing was revoked.`,
    );
  return { value: sid, words: `Ended the session ${sid} and revoked every token of it.` };
};

const revokeSubject: Revoke = async (typed, { store, terminal: { clock }, recorded }) => {
  const { sub, username } = await findUser(typed, store);
  const ended = await store.revokeSubject(sub, clock.now(), recorded({ sub }));
  const words = ended
    ? `Ended every session of ${username} (${sub}) and revoked every token of theirs. They may sign in again: to keep them out, npx keyturn users lock ${username}`
    : `${username} (${sub}) has no session and no tokens; nothing was changed.`;
  return { value: sub, words };
};

const revokeClient: Revoke = async (typed, { store, terminal: { clock }, recorded }) => {
  const { clientId } = await findClient(typed, store);
  if (!(await store.revokeClient(clientId, clock.now(), recorded({ clientId }))))
    throw new OperatorError(`The client ${clientId} is gone.`);
  const words = `Revoked every token the client ${clientId} has, its refresh tokens too. It may ask for new ones: to keep it out, npx keyturn clients remove ${shellWord(clientId)}`;
  return { value: clientId, words };
};

const targets: Readonly<Record<Target, Revoke>> = {
  jti: revokeJti,
  subject: revokeSubject,
  session: revokeSession,
  client: revokeClient,
};

const namedTarget = (options: RevokeOptions): readonly [Target, string] => {
  const named = (Object.keys(targets) as Target[]).filter((target) => options[target] !== undefined);
  const [target] = named;
  if (target === undefined || named.length > 1)
    throw new OperatorError(
      `${named.length} of --jti, --subject, --session and --client were given; expected exactly one. Nothing was revoked.`,
    );
  return [target, options[target] ?? ''];
};

/** Twice the ttl: the age at which a verifier gives a list up, whatever happens. */
const listBoundSeconds = ({ statusListTtlSeconds }: Config): number => 2 * statusListTtlSeconds;
const feedBoundSeconds = 2;

export const revokeTokens = async (options: RevokeOptions, terminal: Terminal): Promise<void> => {
  const [target, named] = namedTarget(options);
  const config = readConfig(terminal.environment);
  const revoked = await withExistingStore(config, async (store) => {
    await assertClock(store, config, terminal);
    const recorded: Recorded = ({ details = {}, ...subject }) =>
      auditEvent('token.revoked', { ...subject, details: { ...details, by: 'operator', target } }, terminal);
    return targets[target](named, { store, config, terminal, recorded });
  });
  const listSeconds = listBoundSeconds(config);
  const bounds =
    `Verifiers refuse within ${feedBoundSeconds} s where they follow the feed, within ${secondsInWords(listSeconds)} where they follow the ` +
    'status list, and introspection at once. Those that follow neither accept the tokens until they expire.';
  const document = {
    revoked: { [target]: revoked.value },
    feed_bound_seconds: feedBoundSeconds,
    status_list_bound_seconds: listSeconds,
  };
  const words = [revoked.words, bounds].map((paragraph) => wrapText(paragraph, terminal.columns)).join('\n');
  answer(terminal, options, document, words);
};
