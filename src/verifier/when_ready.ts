// Goes on with what may or may not be at hand yet. A verification that waits for nothing makes no promise on the way:
// three of them cost as much as all that is read of a token.

export type Awaitable<Value> = Value | Promise<Value>;

/** By what it can do: a promise of another realm (a vm, a test runner) is no instance of this one's Promise. */
export const isPromise = <Value>(value: Awaitable<Value>): value is Promise<Value> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';

export const whenReady = <Value, Result>(
  value: Awaitable<Value>,
  goOn: (value: Value) => Awaitable<Result>,
): Awaitable<Result> => (isPromise(value) ? value.then(goOn) : goOn(value));
