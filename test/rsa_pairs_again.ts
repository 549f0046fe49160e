// RSA pairs take a tenth of a second each to make, and the files that share a process need hundreds: within a file each
// pair is new, the next file is given the same ones again. The making itself is tested in a process of its own.
import { webcrypto } from 'node:crypto';

interface Made {
  readonly pairs: Promise<webcrypto.CryptoKeyPair>[];
  given: number;
}

declare global {
  var rsaPairsMade: Made | undefined;
}

type Algorithm = webcrypto.RsaHashedKeyGenParams | webcrypto.EcKeyGenParams;
type Arguments = [algorithm: Algorithm, extractable: boolean, usages: webcrypto.KeyUsage[]];
type GenerateKey = (...args: Arguments) => Promise<webcrypto.CryptoKeyPair>;

const isCommon = ([algorithm, extractable]: Arguments): boolean =>
  algorithm.name === 'RSASSA-PKCS1-v1_5' &&
  'modulusLength' in algorithm &&
  algorithm.modulusLength === 2048 &&
  extractable;

const replaceGenerateKey = (): Made => {
  const made: Made = { pairs: [], given: 0 };
  // Of its overloads, the one for pairs.
  const truly = webcrypto.subtle.generateKey.bind(webcrypto.subtle) as GenerateKey;
  const generateKey: GenerateKey = (...args) => {
    if (!isCommon(args)) return truly(...args);
    const pair = made.pairs[made.given] ?? truly(...args);
    made.pairs[made.given] = pair;
    made.given += 1;
    return pair;
  };
  Object.defineProperty(webcrypto.subtle, 'generateKey', { value: generateKey });
  return made;
};

globalThis.rsaPairsMade ??= replaceGenerateKey();
globalThis.rsaPairsMade.given = 0;
