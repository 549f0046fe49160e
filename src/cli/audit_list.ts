// `keyturn audit list`. Changes nothing.
import { readConfig } from '../config.ts';
import { namedUser } from '../login/named_user.ts';
import type { AuditEvent, AuditFilter } from '../seams/audit_store.ts';
import type { UserStore } from '../seams/user_store.ts';
import type { AuditType } from '../tokens/audit.ts';
import { instant } from './instants.ts';
import { safeText } from './safe_text.ts';
import { type AnswerOptions, answer, type Terminal } from './terminal.ts';
import { columns } from './text_layout.ts';
import { withExistingStore } from './with_store.ts';

interface ListOptions extends AnswerOptions {
  readonly type?: AuditType;
  readonly subject?: string;
  readonly client?: string;
  readonly since?: number;
  readonly limit: number;
}

/** A removed user is known by nothing but the sub, so what is no login of anybody is taken as one. */
const subOf = async (typed: string, store: Pick<UserStore, 'findUserByLogin'>): Promise<string> =>
  (await namedUser(typed, store))?.sub ?? typed;

const heading = ['TIME', 'TYPE', 'SUBJECT', 'CLIENT', 'ADDRESS', 'DETAILS'];

const detailsInWords = ({ sid, details }: AuditEvent): string =>
  Object.entries({ ...(sid !== null && { sid }), ...details })
    .map(([name, value]) => safeText(`${name}=${value}`))
    .join(' ');

const rowOf = (event: AuditEvent, usernames: ReadonlyMap<string, string>): readonly string[] => {
  const { at, type, sub, clientId, address } = event;
  const who = sub === null ? '-' : (usernames.get(sub) ?? sub);
  return [instant(at), type, who, clientId ?? '-', address ?? '-', detailsInWords(event)].map(safeText);
};

/** Of those in the events alone: there may be millions of others. */
const usernamesIn = async (
  events: readonly AuditEvent[],
  store: Pick<UserStore, 'findUser'>,
): Promise<ReadonlyMap<string, string>> => {
  const usernames = new Map<string, string>();
  for (const sub of new Set(events.map((event) => event.sub))) {
    const user = sub === null ? undefined : await store.findUser(sub);
    if (user !== undefined) usernames.set(user.sub, user.username);
  }
  return usernames;
};

export const listAudit = async (options: ListOptions, terminal: Terminal): Promise<void> => {
  const { type, subject, client, since, limit } = options;
  const now = terminal.clock.now();
  const { events, usernames } = await withExistingStore(readConfig(terminal.environment), async (store) => {
    const filter: AuditFilter = {
      ...(type !== undefined && { type }),
      ...(subject !== undefined && { sub: await subOf(subject, store) }),
      ...(client !== undefined && { clientId: client }),
      ...(since !== undefined && { since: now - since }),
      limit,
    };
    const found = await store.listAudit(filter);
    return { events: found, usernames: await usernamesIn(found, store) };
  });
  const more = events.length === limit ? `\nThere may be more: --limit is ${limit}.` : '';
  const words =
    events.length === 0
      ? 'There is no such event.'
      : columns([heading, ...events.map((event) => rowOf(event, usernames))]) + more;
  const document = {
    events: events.map(({ id, at, type, sub, clientId, sid, address, details }) => ({
      ...{ id, at, type, sub, client_id: clientId, sid, address, details },
    })),
  };
  answer(terminal, options, document, words);
};
