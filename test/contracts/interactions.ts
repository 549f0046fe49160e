// The contract of SessionStore, of interactions: each has one answer.
import { expect, test } from 'vitest';
import { countTrue, type OpenedStores, race } from './opened_stores.ts';
import { addStanding, makeCode, makeConsent, makeInteraction, now } from './records.ts';

export const describeInteractions = (opened: () => OpenedStores): void => {
  test('an interaction is found as added, marked, and removed', async () => {
    const { store, other } = opened();
    const interaction = makeInteraction('id');
    await store.addInteraction(interaction);
    await store.addInteraction(makeInteraction('untouched'));
    expect(await other.store.findInteraction('id')).toEqual(interaction);
    await store.markInteraction('id', 'accountChosenAt', now + 1);
    await store.markInteraction('id', 'consentedAt', now + 2);
    const marked = { ...interaction, accountChosenAt: now + 1, consentedAt: now + 2 };
    expect(await other.store.findInteraction('id')).toEqual(marked);
    expect(await store.removeInteraction('id')).toBe(true);
    expect(await other.store.findInteraction('id')).toBeUndefined();
    expect(await other.store.removeInteraction('id')).toBe(false);
    expect(await other.store.findInteraction('untouched')).toEqual(makeInteraction('untouched'));
  });

  test('T067: of 20 codes at once for one interaction, over two connections, one is added, and the interaction is over', async () => {
    const { store } = opened();
    await store.addInteraction(makeInteraction('id'));
    const added = await race(20, opened(), (at, turn) => at.addAuthorizationCode(makeCode(`${turn}`), { ends: 'id' }));
    expect(countTrue(added)).toBe(1);
    const found = await Promise.all(added.map((_, turn) => store.findAuthorizationCode(`${turn}`)));
    expect(found.map((code) => code !== undefined)).toEqual(added);
    expect(await store.findInteraction('id')).toBeUndefined();
  });

  test('T067: of a code for an interaction and the end of it at once one is done', async () => {
    const { store, other } = opened();
    for (let turn = 0; turn < 10; turn += 1) {
      await store.addInteraction(makeInteraction('id'));
      const [added, removed] = await Promise.all([
        store.addAuthorizationCode(makeCode(`${turn}`), { ends: 'id' }),
        other.store.removeInteraction('id'),
      ]);
      expect([added, removed].filter(Boolean)).toHaveLength(1);
      expect((await store.findAuthorizationCode(`${turn}`)) !== undefined).toBe(added);
    }
  });

  test('an interaction is not over where its code is not added, for want of consent', async () => {
    const { store } = opened();
    await addStanding(store);
    await store.addInteraction(makeInteraction('id'));
    const where = { ends: 'id', consentStands: true };
    expect(await store.addAuthorizationCode(makeCode('code'), where)).toBe(false);
    expect(await store.findInteraction('id')).toEqual(makeInteraction('id'));
    await store.saveConsent(makeConsent());
    expect(await store.addAuthorizationCode(makeCode('code'), where)).toBe(true);
    expect(await store.findInteraction('id')).toBeUndefined();
  });
};
