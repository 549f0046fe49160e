// `keyturn keys add-kek` and `keyturn keys rewrap`: the two steps of changing the key-encryption key.
import { existsSync } from 'node:fs';
import { addKekToFile } from '../adapters/kek_ring_file.ts';
import { readConfig } from '../config.ts';
import { OperatorError } from '../errors.ts';
import { rewrapKeys } from '../keys/rotation.ts';
import { withRings } from './open_rings.ts';
import { type AnswerOptions, answer, type Terminal } from './terminal.ts';

export const addKek = async (options: AnswerOptions, terminal: Terminal): Promise<void> => {
  const { kekRing, kekRingFile } = readConfig(terminal.environment);
  if (kekRing !== undefined)
    throw new OperatorError(
      'The ring comes from KEYTURN_KEK_RING, which this command cannot write. Put a new 256-bit oct JWK first into ' +
        'that variable where it is kept, or unset it to work on the file KEYTURN_KEK_RING_FILE.',
    );
  const created = !existsSync(kekRingFile);
  const kid = addKekToFile(kekRingFile);
  const words = [
    created
      ? `Made the ring ${kekRingFile} with the key-encryption key ${kid}. Back the file up, apart from the database.`
      : `${kid} is now the first key-encryption key in ${kekRingFile}. Back the file up, apart from the database.`,
    'Next: restart every node so that it knows the key, then run "npx keyturn keys rewrap".',
    'With more than one node, roll the ring out first: see "keyturn keys add-kek --help".',
  ];
  answer(terminal, options, { kek: kid, file: kekRingFile, created }, words.join('\n'));
};

export const rewrap = async (options: AnswerOptions, terminal: Terminal): Promise<void> => {
  const config = readConfig(terminal.environment);
  const { kek, moved, wrapped } = await withRings(config, async (rings) => {
    const moved = await rewrapKeys(rings);
    const { keys } = await rings.store.readSigningKeys();
    const wrapped = keys.filter(({ privateJwe }) => privateJwe !== null).length;
    return { kek: rings.vault.wrappingKid, moved, wrapped };
  });
  const words =
    moved.length === 0
      ? `All ${wrapped} private keys are wrapped with ${kek} already; nothing to do.`
      : `${moved.length} of ${wrapped} private keys moved to ${kek}:\n${moved.map((kid) => `  ${kid}`).join('\n')}\n` +
        `A node that was started before ${kek} was in its ring must be restarted. The older key-encryption keys are needed for backups alone.`;
  answer(terminal, options, { kek, moved, wrapped }, words);
};
