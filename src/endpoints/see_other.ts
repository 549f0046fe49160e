// Sends the browser on, by GET whatever it came by, so that no password is posted along. RFC 9110 §15.4.4, RFC 9700 §4.12.
import type { Context } from 'hono';

export const seeOther = (context: Context, location: string): Response =>
  context.body(null, 303, { Location: location, 'Cache-Control': 'no-store' });
