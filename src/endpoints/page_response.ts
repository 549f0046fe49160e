// Answers with a page: never stored, with the policy that lets its own style in and nothing else.
import type { Context } from 'hono';
import { pageSecurityPolicy } from '../login/pages/style.ts';
import { type Markup, type Texts, textsFor } from '../login/texts/catalogue.ts';

export const textsOf = (context: Context, uiLocales: readonly string[] = []): Texts =>
  textsFor(uiLocales, context.req.header('Accept-Language'));

export interface PageResponse {
  readonly status?: 200 | 400 | 401 | 403 | 404 | 405 | 413 | 415 | 429 | 500 | 503;
  /** Whether the answer to the page's form may lead to an application. */
  readonly leadsAway?: boolean;
  /** In place of the usual policy. */
  readonly securityPolicy?: string;
}

export const pageResponse = async (
  context: Context,
  markup: Markup,
  { status = 200, leadsAway = false, securityPolicy }: PageResponse = {},
): Promise<Response> =>
  context.body(String(await markup), status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Security-Policy': securityPolicy ?? pageSecurityPolicy(leadsAway),
  });
