// Goes on with what may or may not be at hand yet. A verification that waits for nothing makes no promise on the way:
// three of them cost as much as all that is read of a token.

export type Awaitable<Value> = Value | Promise<Value>;

export const whenReady = <Value, Result>(
  value: Awaitable<Value>,
  goOn: (value: Value) => Awaitable<Result>,
): Awaitable<Result> => (value instanceof Promise ? value.then(goOn) : goOn(value));
