/** Structured, one JSON record a line. Fields hold identifiers and numbers, never a secret, a token or a header's value. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The least that is logged. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';
