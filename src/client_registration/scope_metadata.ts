import { z } from 'zod';
import { parseScope } from '../tokens/requested_scope.ts';

/** The `scope` member of metadata: one string, RFC 6749 §3.3; the empty string is no scope. Read as a list. */
export const scopeMetadata = z
  .string('expected text, scope values separated by single spaces')
  .transform((text, context) => {
    const parsed = text === '' ? [] : parseScope(text);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message: 'expected scope values separated by single spaces (RFC 6749 §3.3)' });
    return z.NEVER;
  });
