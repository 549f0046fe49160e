// The signatures of tokens of ours, each proved once: a resource server asks about the same token with every request it
// gets, and to prove an ES256 signature takes more than all else of an answer.
import { compactVerify, decodeProtectedHeader, importJWK } from 'jose';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';
import { decodeBase64url } from '../verifier/base64url.ts';
import { createBoundedMap } from '../verifier/bounded_map.ts';
import { hashOpaque } from './opaque.ts';

/** What was signed, as it was; whether it holds is another question, and one of time. */
export interface Proved {
  readonly kid: string;
  readonly typ: string | undefined;
  /** JSON, so that whoever reads it has an object of their own. */
  readonly payload: string;
}

type VerificationKey = Awaited<ReturnType<typeof importJWK>>;

const imported = new Map<string, Promise<VerificationKey>>();

const importOnce = ({ kid, alg, publicJwk }: SigningKeyRecord): Promise<VerificationKey> => {
  const known = imported.get(kid) ?? importJWK(publicJwk, alg);
  imported.set(kid, known);
  return known;
};

/** About a kilobyte each. */
const mostRemembered = 4096;

/** By SHA-256, so that no token lies in memory. A `kid` is the thumbprint of its key: what it proved, no other key unproves. */
const remembered = createBoundedMap<Proved>(mostRemembered);

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Of what is not signed, the signature; jose takes it padded, with spaces and with spare bits set, too. RFC 7515 §2. */
const isSignatureStrict = (token: string): boolean =>
  decodeBase64url(token.slice(token.lastIndexOf('.') + 1)) !== undefined;

/**
 * @param keyOf - the key that may have signed, by its kid; asked each time.
 * @returns undefined when no such key signed it, or with extensions, of which ours have none (RFC 7515 §4.1.11). @throws {Error} when it is malformed, or was altered.
 */
export const proveSignature = async (
  token: string,
  keyOf: (kid: string | undefined) => SigningKeyRecord | undefined,
): Promise<Proved | undefined> => {
  const name = hashOpaque(token);
  const known = remembered.get(name);
  const key = keyOf(known?.kid ?? decodeProtectedHeader(token).kid);
  if (key === undefined) return undefined;
  if (known !== undefined) {
    remembered.set(name, known);
    return known;
  }
  if (!isSignatureStrict(token)) return undefined;
  const { protectedHeader, payload } = await compactVerify(token, await importOnce(key), { algorithms: [key.alg] });
  if (protectedHeader.crit !== undefined) return undefined;
  const proved = { kid: key.kid, typ: protectedHeader.typ, payload: utf8.decode(payload) };
  remembered.set(name, proved);
  return proved;
};
