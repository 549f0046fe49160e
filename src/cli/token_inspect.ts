// `keyturn token inspect`: decodes, and says that this proves nothing.
import { decodeToken, readToken } from './read_token.ts';
import { safeJson } from './safe_text.ts';
import { type AnswerOptions, answer, type Terminal } from './terminal.ts';
import { timesInWords } from './token_times.ts';

const notVerified = 'NOT VERIFIED: anyone can write this. To check it: npx keyturn token verify';

export const inspectToken = async (jwt: string, options: AnswerOptions, terminal: Terminal): Promise<void> => {
  const { header, claims, signatureBytes } = decodeToken(await readToken(jwt, terminal));
  const body =
    claims === undefined
      ? ['The claims are encrypted (JWE) and cannot be read here.']
      : [
          `claims ${safeJson(claims)}`,
          '',
          ...timesInWords(claims, terminal.clock.now()),
          signatureBytes === 0 ? 'signature: EMPTY' : `signature: ${signatureBytes} bytes, not checked`,
        ];
  const words = [notVerified, '', `header ${safeJson(header)}`, ...body, '', notVerified].join('\n');
  answer(terminal, options, { verified: false, header, claims: claims ?? null }, words);
};
