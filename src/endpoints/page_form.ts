// Reads a form that a page of ours posted: from this site, this browser, with its token. login/forgery.ts says how.
import type { Context } from 'hono';
import { OAuthError } from '../errors.ts';
import type { Parameters } from '../form_urlencoded.ts';
import { readBrowserCookie } from '../login/cookies.ts';
import { assertOwnForm } from '../login/forgery.ts';
import type { Provider } from '../provider.ts';
import { hasFormBody, readFormBody } from './form_body.ts';
import { networkAddress } from './network_address.ts';

export interface PageForm {
  readonly form: Parameters;
  /** The browser cookie's value. */
  readonly browser: string;
}

/** @throws {OAuthError} rate_limited. */
const takePost = async (context: Context, { config, postLimiter }: Provider): Promise<void> => {
  if (postLimiter === undefined) return;
  const waitSeconds = await postLimiter.take(networkAddress(context, config));
  if (waitSeconds > 0) throw new OAuthError('rate_limited', { retryAfterSeconds: waitSeconds });
};

/** @throws {OAuthError} rate_limited; request_forged, also where the body is no form, which no page of ours sends; and what readFormBody throws. */
export const readPageForm = async (context: Context, provider: Provider): Promise<PageForm> => {
  const { config } = provider;
  await takePost(context, provider);
  if (!hasFormBody(context)) throw new OAuthError('request_forged');
  const form = await readFormBody(context);
  const browser = readBrowserCookie(context, provider);
  const origin = { origin: context.req.header('Origin'), secFetchSite: context.req.header('Sec-Fetch-Site') };
  assertOwnForm(form.get('csrf'), browser, origin, config.issuer);
  context.set('pageForm', form);
  return { form, browser: browser as string };
};
