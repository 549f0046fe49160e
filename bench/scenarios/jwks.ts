// GET jwks_uri: the key set, against a server that does nothing but hold the same bytes.
import { ask, type Entrant, type Scenario } from '../scenario.ts';

export const jwksName = 'jwks';

/** These differ from answer to answer. */
const changing = ['date', 'x-request-id'];

const answerOf = async (entrant: Entrant): Promise<string> => {
  const response = await ask(entrant);
  const headers = [...response.headers].filter(([name]) => !changing.includes(name));
  return JSON.stringify({ headers, body: await response.text() });
};

const check = async (entrants: readonly Entrant[]): Promise<void> => {
  const answers = await Promise.all(entrants.map(answerOf));
  if (new Set(answers).size !== 1)
    throw new Error(`The contenders do not serve the same key set with the same headers:\n${answers.join('\n')}`);
};

export const jwks: Scenario = {
  name: jwksName,
  check,
  ratios: [
    {
      words: 'JWKS requests per CPU second, Keyturn over bare node:http',
      of: (measured) => measured('bare_node_http').cpuMicroseconds / measured('keyturn').cpuMicroseconds,
      atLeast: 0.85,
    },
  ],
};
