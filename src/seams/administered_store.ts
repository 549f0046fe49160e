// What of a Store an operator has from afar: what commands need, and nothing that would let its holder sign in as others
// or spend what others hold.
import type { Store } from './store.ts';

export const readingVerbs = [
  'readSigningKeys',
  'readKeyEvents',
  'listKeySetReaders',
  'findClient',
  'listClients',
  'findResource',
  'listResources',
  'findUserByLogin',
  'findUser',
  'listUsers',
  'hasUsers',
  'listSessions',
  'findSessionBySid',
  'listConsents',
  'findStatusList',
  'listAudit',
] as const satisfies readonly (keyof Store)[];

export const changingVerbs = [
  'publishSigningKey',
  'activateSigningKeys',
  'erasePrivateHalf',
  'raiseLongestToken',
  'revokeSigningKey',
  'rewrapSigningKey',
  'addClient',
  'rotateClientSecret',
  'removeClient',
  'addResource',
  'removeResource',
  'addUser',
  'updateUser',
  'setPassword',
  'lockUser',
  'unlockUser',
  'removeUser',
  // It reads, but all that is kept of a person.
  'readPersonalData',
  'withdrawConsent',
  'endSession',
  'endFamily',
  'denyToken',
  'revokeSession',
  'revokeSubject',
  'revokeClient',
  'appendAudit',
] as const satisfies readonly (keyof Store)[];

export type AdministeredVerb = (typeof readingVerbs)[number] | (typeof changingVerbs)[number];

export type AdministeredStore = Pick<Store, AdministeredVerb | 'close'>;

export const isReading = (verb: AdministeredVerb): boolean => readingVerbs.some((reading) => reading === verb);

export const isAdministeredVerb = (verb: unknown): verb is AdministeredVerb =>
  [...readingVerbs, ...changingVerbs].some((known) => known === verb);

/** Goes up when what the two sides say to each other would be misunderstood. */
export const administrationProtocol = 3;
