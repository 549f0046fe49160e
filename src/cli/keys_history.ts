// `keyturn keys history`: what the rows bear witness to, in the order of time. Changes nothing.
import { readConfig } from '../config.ts';
import { type KeyEvent, type KeyEventName, keyEventsOf } from '../keys/key_events.ts';
import { allLifetimesOf } from '../keys/lifecycle.ts';
import { instant } from './instants.ts';
import { safeText } from './safe_text.ts';
import { type AnswerOptions, answer, type Terminal } from './terminal.ts';
import { columns } from './text_layout.ts';
import { withExistingStore } from './with_store.ts';

const meanings: Readonly<Record<KeyEventName, string>> = {
  published: 'published',
  activated: 'signs from here',
  revoked: 'revoked',
  retired: 'signs no longer',
  erased: 'private half erased',
  removed: 'left the key set',
};

const rowOf = ({ at, event, kid, alg, reason }: KeyEvent): readonly string[] => [
  instant(at),
  alg,
  kid,
  reason === undefined ? meanings[event] : `${meanings[event]}: ${safeText(reason)}`,
];

export const showKeyHistory = async (options: AnswerOptions, terminal: Terminal): Promise<void> => {
  const config = readConfig(terminal.environment);
  const { keys, databaseNow } = await withExistingStore(config, (store) => store.readSigningKeys());
  const events = keyEventsOf(allLifetimesOf(keys, config.policy, databaseNow), databaseNow);
  const words = events.length === 0 ? 'Nothing has happened yet: there are no keys.' : columns(events.map(rowOf));
  answer(terminal, options, { issuer: config.issuer, now: databaseNow, events }, words);
};
