// What each verb of the administration takes and answers, so that neither side believes the other: the issuer holds
// arguments to it before anything is done, and the command line holds answers to it.
import { z } from 'zod';
import type { AdministeredVerb } from './administered_store.ts';
import {
  alg,
  auditEvent,
  client,
  consent,
  flag,
  keyEvent,
  keySetReader,
  newSigningKey,
  number,
  resource,
  session,
  signingKey,
  statusList,
  text,
  tokenFamily,
  user,
} from './record_shapes.ts';
import type { Store } from './store.ts';

interface Call<Verb extends AdministeredVerb> {
  readonly takes: z.ZodType<Parameters<Store[Verb]>>;
  readonly answers: z.ZodType<Awaited<ReturnType<Store[Verb]>>>;
}

const nothing = z.undefined();
const event = auditEvent.strict().nullish();
const most = number.nonnegative();
const latest = number.optional();
const of = z.tuple([text]);
/** That of a sub, a client_id or a sid, at an instant. */
const ending = { takes: z.tuple([text, number, event]), answers: flag };
const newKey = newSigningKey.strict();
const { email, emailVerified, claims, roles } = user.shape;

export const administeredCalls = {
  readSigningKeys: { takes: z.tuple([]), answers: z.object({ keys: z.array(signingKey), databaseNow: number }) },
  readKeyEvents: { takes: z.tuple([number]), answers: z.array(keyEvent) },
  listKeySetReaders: { takes: z.tuple([]), answers: z.array(keySetReader) },
  findClient: { takes: of, answers: client.optional() },
  listClients: { takes: z.tuple([]), answers: z.array(client) },
  findResource: { takes: of, answers: resource.optional() },
  listResources: { takes: z.tuple([]), answers: z.array(resource) },
  findUserByLogin: { takes: of, answers: user.optional() },
  findUser: { takes: of, answers: user.optional() },
  listUsers: { takes: z.tuple([text, most]), answers: z.array(user) },
  hasUsers: { takes: z.tuple([]), answers: flag },
  listSessions: { takes: of, answers: z.array(session) },
  findSessionBySid: { takes: of, answers: session.optional() },
  listConsents: { takes: of, answers: z.array(consent) },
  findStatusList: { takes: of, answers: statusList.optional() },
  listAudit: {
    takes: z.tuple([
      z.strictObject({
        type: text.exactOptional(),
        sub: text.exactOptional(),
        clientId: text.exactOptional(),
        since: number.exactOptional(),
        limit: most,
      }),
    ]),
    answers: z.array(auditEvent.extend({ id: number })),
  },
  publishSigningKey: { takes: z.tuple([newKey, latest]), answers: flag },
  activateSigningKeys: {
    takes: z.tuple([z.array(z.strictObject({ kid: text, activatesAt: number })), latest]),
    answers: flag,
  },
  erasePrivateHalf: { takes: z.tuple([text, number]), answers: flag },
  raiseLongestToken: { takes: z.tuple([alg, number]), answers: nothing },
  revokeSigningKey: {
    takes: z.tuple([
      z.strictObject({
        kid: text,
        reason: text,
        revokedAt: number,
        promotedKid: text.nullable(),
        successor: newKey.nullable(),
      }),
      latest,
    ]),
    answers: flag,
  },
  rewrapSigningKey: { takes: z.tuple([text, text, text]), answers: flag },
  addClient: { takes: z.tuple([client.strict(), event]), answers: flag },
  rotateClientSecret: { takes: z.tuple([text, text, number, event]), answers: flag },
  removeClient: { takes: z.tuple([text, event]), answers: flag },
  addResource: { takes: z.tuple([resource.strict(), event]), answers: flag },
  removeResource: { takes: z.tuple([text, event]), answers: flag },
  addUser: { takes: z.tuple([user.strict(), event]), answers: flag },
  updateUser: {
    takes: z.tuple([
      text,
      z.strictObject({
        email: email.exactOptional(),
        emailVerified: emailVerified.exactOptional(),
        claims: claims.exactOptional(),
        roles: roles.exactOptional(),
      }),
      number,
      event,
    ]),
    answers: flag,
  },
  setPassword: {
    takes: z.tuple([
      z.union([text, z.object({ sub: text, passwordChangedAt: number.nullable() })]),
      text,
      number,
      text.nullable(),
      event,
    ]),
    answers: flag,
  },
  lockUser: ending,
  unlockUser: { takes: z.tuple([text, event]), answers: flag },
  removeUser: ending,
  readPersonalData: {
    takes: of,
    answers: z
      .object({
        user,
        sessions: z.array(session),
        consents: z.array(consent),
        families: z.array(tokenFamily),
        auditEvents: z.array(auditEvent),
      })
      .optional(),
  },
  withdrawConsent: { takes: z.tuple([text, text, number]), answers: flag },
  endSession: ending,
  endFamily: { takes: z.tuple([text, text, number]), answers: flag },
  denyToken: {
    takes: z.tuple([text, number, z.strictObject({ listId: text, turn: number }).nullish(), event]),
    answers: nothing,
  },
  revokeSession: ending,
  revokeSubject: ending,
  revokeClient: ending,
  appendAudit: { takes: z.tuple([auditEvent.strict()]), answers: nothing },
} as const satisfies { readonly [Verb in AdministeredVerb]: Call<Verb> };

const stepInWords = (step: PropertyKey): string => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`);

const expectationOf = (issue: z.core.$ZodIssue): string => {
  if (issue.code === 'unrecognized_keys') return 'it has a member that is not known';
  if ('origin' in issue && issue.origin === 'array') return 'expected another number of them';
  return issue.code === 'invalid_type' ? `expected ${issue.expected}` : 'it is none of what is taken there';
};

/**
 * @param name - what the data is called.
 * @param depth - how far below it the place is told. Two of them are members that the shape names; further down they may be
 *   those of whoever sent it.
 * @returns where it is not as the shape says, and what was expected there: no value of it; undefined where it is.
 */
export const faultIn = (
  shape: z.ZodType,
  data: unknown,
  name: string,
  depth = Number.POSITIVE_INFINITY,
): string | undefined => {
  const [issue] = shape.safeParse(data).error?.issues ?? [];
  return issue && `${name}${issue.path.slice(0, depth).map(stepInWords).join('')}: ${expectationOf(issue)}`;
};
