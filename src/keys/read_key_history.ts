// Parses a key history that comes from elsewhere: its shape alone. Whether it is true is verify_key_history.ts's.
import { decodeJwt, decodeProtectedHeader, type JWK } from 'jose';
import { z } from 'zod';
import { loggedEvents } from '../seams/key_event_store.ts';
import { type SigningAlgorithm, signingAlgorithms } from '../seams/signer.ts';
import {
  documentType,
  entryType,
  type HistoricalKey,
  type HistoryDocument,
  type HistoryEntry,
  registeredReasons,
} from './key_history.ts';

/** The history is malformed, or not true. The message says where, and what was expected. */
export class KeyHistoryError extends Error {
  override name = 'KeyHistoryError';
}

export interface SignatureHeader {
  readonly alg: SigningAlgorithm;
  readonly kid: string;
}

/** A compact JWS whose signature nobody has looked at. */
export interface Unverified<Claims> {
  readonly jws: string;
  readonly header: SignatureHeader;
  readonly claims: Claims;
}

export interface ReadKeyHistory extends Unverified<HistoryDocument> {
  readonly entries: readonly Unverified<HistoryEntry>[];
}

const instant = z.int().min(0);
const kid = z.string().min(1).max(128);
const jwk = z.record(z.string(), z.unknown());

const header = (typ: string) => z.strictObject({ alg: z.enum(signingAlgorithms), typ: z.literal(typ), kid });

const entrySchema = z.strictObject({
  iss: z.string(),
  seq: z.int().min(0),
  prev: z.string().nullable(),
  event: z.enum(loggedEvents),
  at: instant,
  iat: instant,
  kid,
  alg: z.enum(signingAlgorithms),
  jwk: jwk.optional(),
  reason: z.string().optional(),
});

const keySchema = z.looseObject({
  kid,
  iat: instant,
  exp: instant,
  revoked: z.strictObject({ revoked_at: instant, reason: z.enum(registeredReasons) }).optional(),
});

const documentSchema = z.strictObject({
  iss: z.string(),
  iat: instant,
  keys: z.array(keySchema),
  key_events: z.array(z.string()),
});

const decoded = (what: string, jws: string): { readonly header: unknown; readonly claims: unknown } => {
  try {
    return { header: decodeProtectedHeader(jws), claims: decodeJwt(jws) };
  } catch (cause) {
    throw new KeyHistoryError(`${what} is no compact JWS`, { cause });
  }
};

const parsed = <Schema extends z.ZodType>(what: string, schema: Schema, value: unknown): z.output<Schema> => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new KeyHistoryError(`${what} is malformed: ${issue?.path.join('.') || 'it'}: ${issue?.message}`);
};

const read = (
  what: string,
  jws: string,
  typ: string,
): { readonly header: SignatureHeader; readonly claims: unknown } => {
  const { header: found, claims } = decoded(what, jws);
  const { alg, kid } = parsed(`the header of ${what}`, header(typ), found);
  return { header: { alg, kid }, claims };
};

const readEntry = (jws: string, place: number): Unverified<HistoryEntry> => {
  const what = `entry ${place}`;
  const { header, claims } = read(what, jws, entryType);
  const { jwk, reason, ...entry } = parsed(what, entrySchema, claims);
  if ((jwk !== undefined) !== (entry.event === 'published') || (reason !== undefined) !== (entry.event === 'revoked'))
    throw new KeyHistoryError(`${what} is malformed: jwk belongs to published and reason to revoked, each to no other`);
  // The members of a JWK are checked by its thumbprint and by the import.
  const optional = { ...(jwk && { jwk: jwk as JWK }), ...(reason !== undefined && { reason }) };
  return { jws, header, claims: { ...entry, ...optional } };
};

/**
 * @param text - the document as it was served; white space around it is passed over.
 * @throws {KeyHistoryError} when it is no key history.
 */
export const readKeyHistory = (text: string): ReadKeyHistory => {
  const jws = text.trim();
  const { header, claims } = read('the document', jws, documentType);
  const { iss, iat, key_events } = parsed('the document', documentSchema, claims);
  // As they came, their members in the order in which they came.
  const { keys } = claims as { readonly keys: readonly HistoricalKey[] };
  const document = { iss, iat, keys, key_events };
  return { jws, header, claims: document, entries: key_events.map(readEntry) };
};
