// `keyturn keys add-kek` and `keyturn keys promote-kek`: the ring of key-encryption keys, as a file.
import { existsSync } from 'node:fs';
import { addKekToFile, promoteKekInFile, readKekRingFile } from '../adapters/kek_ring_file.ts';
import { readConfig } from '../config.ts';
import { OperatorError } from '../errors.ts';
import { type AnswerOptions, answer, type Terminal } from './terminal.ts';

const backUp = 'Back the file up, apart from the database.';

/** @throws {OperatorError} when the ring is no file. */
const ringFileOf = ({ environment }: Terminal): string => {
  const { kekRing, kekRingFile } = readConfig(environment);
  if (kekRing !== undefined)
    throw new OperatorError(
      'The ring comes from KEYTURN_KEK_RING, which this command cannot write. Put the 256-bit oct JWKs in their new order ' +
        'into that variable where it is kept, or unset it to work on the file KEYTURN_KEK_RING_FILE.',
    );
  return kekRingFile;
};

const nextWords = {
  created: 'Next: give the ring to every node, then start them: "npx keyturn serve".',
  first:
    'Next: restart every node so that it knows the key, then run "npx keyturn keys rewrap".\n' +
    'With more than one node, roll the ring out first: see "keyturn keys add-kek --help".',
  last: 'It unwraps, and wraps nothing yet. Next: give the ring to every node and restart it, then run "npx keyturn keys promote-kek".',
} as const;

export const addKek = async (
  options: AnswerOptions & { readonly last?: boolean },
  terminal: Terminal,
): Promise<void> => {
  const file = ringFileOf(terminal);
  const created = !existsSync(file);
  const place = options.last ? 'last' : 'first';
  const kid = addKekToFile(file, place);
  const said = created
    ? `Made the ring ${file} with the key-encryption key ${kid}.`
    : `${kid} is now the ${place} key-encryption key in ${file}.`;
  const first = created || place === 'first';
  const next = nextWords[created ? 'created' : place];
  answer(terminal, options, { kek: kid, file, created, first }, `${said} ${backUp}\n${next}`);
};

export const promoteKek = async (
  typed: string | undefined,
  options: AnswerOptions,
  terminal: Terminal,
): Promise<void> => {
  const file = ringFileOf(terminal);
  const kid = typed ?? readKekRingFile(file).keys.at(-1)?.kid ?? '';
  const moved = promoteKekInFile(file, kid);
  const said = moved
    ? `${kid} is now the first key-encryption key in ${file}, and wraps from now on. ${backUp}\n` +
      'Next: give the ring to every node and restart it, then run "npx keyturn keys rewrap".'
    : `${kid} is the first key-encryption key in ${file} already; nothing was changed.`;
  answer(terminal, options, { kek: kid, file, moved }, said);
};
