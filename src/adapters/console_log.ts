// Log on the console, one JSON record a line, as pino_log.ts writes it: what Workers Logs keeps and `wrangler tail` shows.
import type { Log, LogLevel } from '../seams/log.ts';

const levels: Readonly<Record<LogLevel, number>> = {
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  silent: Number.POSITIVE_INFINITY,
};

export const createConsoleLog = (least: LogLevel): Log => {
  const write =
    (level: 'info' | 'warn' | 'error') =>
    (fields: object, message: string): void => {
      if (levels[level] < levels[least]) return;
      const record = { level: levels[level], time: new Date(Date.now()).toISOString(), ...fields, msg: message };
      console[level](JSON.stringify(record));
    };
  return { info: write('info'), warn: write('warn'), error: write('error') };
};
