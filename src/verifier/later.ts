// The one timer of what is followed in the background. It keeps no process alive.

/** @returns how to call it off. */
export const later = (seconds: number, work: () => void): (() => void) => {
  const timer = globalThis.setTimeout(work, seconds * 1000);
  // Where a timer is a number, there is no process to keep alive.
  if (typeof timer === 'object') timer.unref();
  return () => globalThis.clearTimeout(timer);
};
