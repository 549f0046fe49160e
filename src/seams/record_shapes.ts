// What the records of the stores look like, for whoever gets them from elsewhere: with the types of their interfaces, at
// run time too. A member that is not told of here passes; `.strict()` refuses it.
import { z } from 'zod';
import { loggedEvents } from './key_event_store.ts';
import { signingAlgorithms } from './signer.ts';

export const text = z.string();
export const flag = z.boolean();
export const number = z.int();
const names = z.array(text);
export const alg = z.enum(signingAlgorithms);

const members = z.record(text, z.unknown());

const perhaps = text.exactOptional();

/** No member of a private half passes. */
const publicJwk = z.strictObject({
  kty: text,
  crv: perhaps,
  x: perhaps,
  y: perhaps,
  n: perhaps,
  e: perhaps,
  kid: perhaps,
  use: perhaps,
  alg: perhaps,
});

export const newSigningKey = z.object({
  alg,
  slot: number,
  kid: text,
  publicJwk,
  privateJwe: text,
  publishedAt: number,
  activatesAt: number,
  longestTokenSeconds: number,
});

export const signingKey = newSigningKey.extend({
  privateJwe: text.nullable(),
  erasedAt: number.nullable(),
  revokedAt: number.nullable(),
  revocationReason: text.nullable(),
});

export const keyEvent = z.object({ seq: number, kid: text, event: z.enum(loggedEvents), jws: text });

export const keySetReader = z.object({ reader: text, kid: text, fetches: number, firstAt: number, lastAt: number });

export const client = z.object({
  clientId: text,
  clientName: text.nullable(),
  tokenEndpointAuthMethod: text,
  grantTypes: names,
  redirectUris: names,
  scope: names,
  resources: names,
  serves: names,
  clientSecretSha256: text.nullable(),
  previousClientSecretSha256: text.nullable(),
  previousClientSecretExpiresAt: number.nullable(),
  clientIdIssuedAt: number,
  tokensNotBefore: number.nullable(),
  applicationType: z.enum(['web', 'native']),
  firstParty: flag,
  dangerouslyAllowNoPkce: flag,
  idTokenSignedResponseAlg: alg,
  userinfoSignedResponseAlg: alg.nullable(),
  idTokenClaims: names,
  postLogoutRedirectUris: names,
  backchannelLogoutUri: text.nullable(),
  backchannelLogoutSessionRequired: flag,
});

export const resource = z.object({
  resource: text,
  scope: names,
  accessTokenSeconds: number,
  accessTokenSigningAlg: alg,
  claims: members,
  accessTokenClaims: names,
  statusList: flag,
  createdAt: number,
});

export const user = z.object({
  sub: text,
  username: text,
  email: text.nullable(),
  emailVerified: flag,
  passwordHash: text.nullable(),
  passwordChangedAt: number.nullable(),
  claims: members,
  roles: names,
  lockedAt: number.nullable(),
  createdAt: number,
  updatedAt: number,
});

export const session = z.object({
  sessionHash: text,
  sid: text,
  sub: text,
  browserHash: text,
  authTime: number,
  amr: names,
  acr: text,
  userAgent: text.nullable(),
  lastSeenAt: number,
  expiresAt: number,
  endedAt: number.nullable(),
});

export const consent = z.object({
  sub: text,
  clientId: text,
  scope: names,
  claims: names,
  resources: names,
  resourceScope: names,
  grantedAt: number,
});

export const tokenFamily = z.object({
  familyId: text,
  clientId: text,
  sub: text,
  sid: text,
  scope: names,
  resource: text,
  authTime: number,
  acr: text,
  amr: names,
  nonce: text.nullable(),
  idTokenClaims: names,
  userinfoClaims: names,
  offline: flag,
  createdAt: number,
  expiresAt: number,
  endedAt: number.nullable(),
  endReason: text.nullable(),
  secretHash: text.nullable(),
});

export const auditEvent = z.object({
  at: number,
  type: text,
  sub: text.nullable(),
  clientId: text.nullable(),
  sid: text.nullable(),
  address: text.nullable(),
  details: z.record(text, z.union([text, z.number(), flag])),
});

export const statusList = z.object({ listId: text, secret: text, places: number, expiresAt: number });
