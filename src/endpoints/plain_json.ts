import type { PlainAnswer } from './endpoint.ts';

export const plainJson = (value: object, headers: Readonly<Record<string, string>>): PlainAnswer => ({
  status: 200,
  plainHeaders: { ...headers, 'Content-Type': 'application/json' },
  body: JSON.stringify(value),
});
