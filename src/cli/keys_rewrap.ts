// `keyturn keys rewrap`: the last step of changing the key-encryption key.
import { readConfig } from '../config.ts';
import { rewrapKeys } from '../keys/rotation.ts';
import { withRings } from './open_rings.ts';
import { type AnswerOptions, answer, type Terminal } from './terminal.ts';

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
