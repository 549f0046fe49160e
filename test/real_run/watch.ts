// What the run sees: every token with every library, when it is new and when it is about to expire, and the stories of
// the refusals.
import { setTimeout as wait } from 'node:timers/promises';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { type SigningAlgorithm, signingAlgorithms } from '../../src/seams/signer.ts';
import type { Token } from '../flows/verifiers.ts';
import type { Library } from './libraries.ts';

const everyMilliseconds = 250;
/** A token is shown again when so little of its life is left. */
const oldSeconds = 0.8;
/** What is about to expire may expire on the way. */
const marginSeconds = 0.15;

const now = (): number => Date.now() / 1000;

export interface Seen {
  readonly tokens: number;
  readonly notSigned: number;
  readonly verified: ReadonlyMap<string, number>;
  readonly refusals: readonly string[];
  /** By ring, the kids that signed, in order. */
  readonly kids: Readonly<Record<SigningAlgorithm, readonly string[]>>;
  /** By kid, the latest token. */
  readonly latest: ReadonlyMap<string, Token>;
}

export interface Watch extends Seen {
  /** Something happened; it is printed, and told with a refusal that follows. */
  note(what: string): void;
  /** Tokens by it need not verify any more. */
  revoked(kid: string): void;
  run(goesOn: () => boolean): Promise<void>;
}

export interface WatchParts {
  readonly tokenEndpoint: string;
  readonly jwksUri: string;
  readonly audiences: Readonly<Record<SigningAlgorithm, string>>;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly libraries: readonly Library[];
  readonly print: (line: string) => void;
}

const recentNotes = 6;

export const createWatch = (parts: WatchParts): Watch => {
  const { tokenEndpoint, jwksUri, audiences, clientId, clientSecret, libraries, print } = parts;
  const startedAt = now();
  const verified = new Map<string, number>(libraries.map(({ name }) => [name, 0]));
  const [refusals, notes]: [string[], string[]] = [[], []];
  const latest = new Map<string, Token>();
  const revokedKids = new Set<string>();
  const kids: Record<SigningAlgorithm, string[]> = { ES256: [], RS256: [] };
  const counts = { tokens: 0, notSigned: 0 };

  const note = (what: string): void => {
    const line = `${(now() - startedAt).toFixed(1).padStart(6)} s  ${what}`;
    notes.push(line);
    print(line);
  };
  const refuse = (story: readonly string[]): void => {
    const whole = [...story, 'before it:', ...notes.slice(-recentNotes)].join('\n    ');
    refusals.push(whole);
    print(`REFUSED ${whole}`);
  };
  const getToken = async (alg: SigningAlgorithm): Promise<Token | undefined> => {
    const body = new URLSearchParams({
      ...{ grant_type: 'client_credentials', resource: audiences[alg] },
      ...{ client_id: clientId, client_secret: clientSecret },
    });
    const response = await fetch(tokenEndpoint, { method: 'POST', body });
    if (!response.ok) {
      await response.body?.cancel();
      counts.notSigned += 1;
      return undefined;
    }
    const { access_token: text } = (await response.json()) as { readonly access_token: string };
    const { iat = 0, exp = 0 } = decodeJwt(text);
    const token = { text, alg, audience: audiences[alg], iat, exp, kid: decodeProtectedHeader(text).kid ?? 'missing' };
    counts.tokens += 1;
    if (!kids[alg].includes(token.kid)) kids[alg].push(token.kid);
    latest.set(token.kid, token);
    return token;
  };
  const mustVerify = ({ kid, exp }: Token): boolean => !revokedKids.has(kid) && now() < exp - marginSeconds;
  const published = async (): Promise<string> => {
    const { keys } = (await (await fetch(jwksUri)).json()) as { readonly keys: readonly { readonly kid: string }[] };
    return keys.map(({ kid }) => kid.slice(0, 8)).join(' ');
  };
  const check = async ({ name, verify }: Library, token: Token): Promise<void> => {
    if (!mustVerify(token)) return;
    const asked = now();
    try {
      await verify(token, true);
      verified.set(name, (verified.get(name) ?? 0) + 1);
    } catch (error) {
      if (!mustVerify(token)) return;
      refuse([
        `${name} refused a ${token.alg} token by ${token.kid.slice(0, 8)}: ${error}`,
        `it was ${(asked - token.iat).toFixed(2)} s old and had ${(token.exp - asked).toFixed(2)} s to live; asked for ${(now() - asked).toFixed(2)} s`,
        `published now: ${await published().catch(String)}`,
      ]);
    }
  };
  const checkAgain = async (token: Token): Promise<void> => {
    await wait(Math.max(0, (token.exp - oldSeconds - now()) * 1000));
    await Promise.all(libraries.map((library) => check(library, token)));
  };
  return {
    note,
    refusals,
    verified,
    kids,
    latest,
    get tokens() {
      return counts.tokens;
    },
    get notSigned() {
      return counts.notSigned;
    },
    revoked: (kid) => {
      revokedKids.add(kid);
    },
    run: async (goesOn) => {
      const later = new Set<Promise<void>>();
      while (goesOn()) {
        const began = now();
        const got = await Promise.all(
          signingAlgorithms.map((alg) =>
            getToken(alg).catch(() => {
              counts.notSigned += 1;
              return undefined;
            }),
          ),
        );
        const tokens = got.filter((token) => token !== undefined);
        await Promise.all(tokens.flatMap((token) => libraries.map((library) => check(library, token))));
        for (const token of tokens) {
          const again = checkAgain(token).finally(() => later.delete(again));
          later.add(again);
        }
        await wait(Math.max(0, everyMilliseconds - (now() - began) * 1000));
      }
      await Promise.all(later);
    },
  };
};
