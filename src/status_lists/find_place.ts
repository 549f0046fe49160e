import type { RevocationStore, StatusListRecord, StatusPlace } from '../seams/revocation_store.ts';
import { listIdOf, placeOf } from './place.ts';

/** @returns the place a `jti` names and its list; undefined where it is of no list there is, or made up. */
export const findListed = async (
  jti: string,
  store: Pick<RevocationStore, 'findStatusList'>,
): Promise<{ readonly place: StatusPlace; readonly list: StatusListRecord } | undefined> => {
  const listId = listIdOf(jti);
  const list = listId === undefined ? undefined : await store.findStatusList(listId);
  const place = list === undefined ? undefined : placeOf(jti, list);
  return list === undefined || place === undefined ? undefined : { place, list };
};

/** @returns the place a `jti` names; undefined where it names none. */
export const findPlace = async (
  jti: string,
  store: Pick<RevocationStore, 'findStatusList'>,
): Promise<StatusPlace | undefined> => (await findListed(jti, store))?.place;
