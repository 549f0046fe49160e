// The signals that ask a command which goes on to come to its end.

/** SIGHUP is that of a terminal that goes away: there is nothing to read anew. */
export const stopSignals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * @param again - whether the same signal may come again and change nothing: a terminal and a service manager send it to
 *   every process, and so does the first of them. Otherwise a second one ends the process at once, but for SIGHUP, which a
 *   shell and the system may both send.
 */
export const nextStopSignal = (again: boolean): Promise<string> =>
  new Promise((resolve) => {
    for (const signal of stopSignals)
      if (again || signal === 'SIGHUP') process.on(signal, () => resolve(signal));
      else process.once(signal, () => resolve(signal));
  });
