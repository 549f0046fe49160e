const stopSignals = ['SIGTERM', 'SIGINT'] as const;

/**
 * @param again - whether the same signal may come again and change nothing: a terminal and a service manager send it to
 *   every process, and so does the first of them. Otherwise a second one ends the process at once.
 */
export const nextStopSignal = (again: boolean): Promise<string> =>
  new Promise((resolve) => {
    for (const signal of stopSignals)
      if (again) process.on(signal, () => resolve(signal));
      else process.once(signal, () => resolve(signal));
  });
