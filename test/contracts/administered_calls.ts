// Holds a store to what /admin/store lets through: whatever a contract calls and is answered must fit, as JSON, what
// administered_calls.ts says of the verb.
import { administeredCalls, faultIn } from '../../src/seams/administered_calls.ts';
import { isAdministeredVerb } from '../../src/seams/administered_store.ts';
import type { Store } from '../../src/seams/store.ts';

type Verb = (...values: readonly unknown[]) => Promise<unknown>;

const overTheWire = (data: unknown): unknown => (data === undefined ? undefined : JSON.parse(JSON.stringify(data)));

const assertFits = (fault: string | undefined): void => {
  if (fault !== undefined) throw new TypeError(`what administered_calls.ts says is not so: ${fault}`);
};

export const heldToCalls = (store: Store): Store => {
  const held = Object.entries(store).map(([name, verb]: [string, Verb]) => {
    if (!isAdministeredVerb(name)) return [name, verb];
    const { takes, answers } = administeredCalls[name];
    const checked: Verb = async (...values) => {
      assertFits(faultIn(takes, overTheWire(values), `arguments of ${name}`));
      const answer = await verb(...values);
      assertFits(faultIn(answers, overTheWire(answer), `answer of ${name}`));
      return answer;
    };
    return [name, checked];
  });
  // Object.fromEntries forgets the names; each verb takes and gives what it did.
  return Object.fromEntries(held) as Store;
};
