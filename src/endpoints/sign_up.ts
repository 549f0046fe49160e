// /sign-up: a new account, where KEYTURN_SIGN_UP is on.
import type { Context } from 'hono';
import { ensureBrowserCookie } from '../login/cookies.ts';
import { csrfTokenOf } from '../login/forgery.ts';
import { type SignUpPage, signUpPage } from '../login/pages/sign_up.ts';
import { leastPasswordCharacters } from '../login/password.ts';
import { signUp as makeAccount, type TypedAccount } from '../login/sign_up.ts';
import { takeAllowances } from '../login/take_allowances.ts';
import type { Provider } from '../provider.ts';
import type { Endpoint } from './endpoint.ts';
import { goOnSignedIn, longestLogin } from './login.ts';
import { networkAddress } from './network_address.ts';
import { pageEndpoint } from './page_endpoint.ts';
import { type PageForm, readPageForm } from './page_form.ts';
import { pageResponse, textsOf } from './page_response.ts';
import { pageHref, paths } from './paths.ts';
import { seeOther } from './see_other.ts';
import { type WaitingRequest, whileWaiting } from './waiting_request.ts';

const limit = { burst: 10, emissionSeconds: 60 };

/** What the fields hold before anything is typed: the login hint, in the one that it fits. */
const hinted = (waiting: WaitingRequest | undefined): SignUpPage['typed'] => {
  const hint = waiting?.request.loginHint?.slice(0, longestLogin) ?? '';
  const isEmail = hint.includes('@');
  return { username: isEmail ? '' : hint, email: isEmail ? hint : '', name: '' };
};

const show = (
  context: Context,
  waiting: WaitingRequest | undefined,
  { typed, problems }: Pick<SignUpPage, 'typed' | 'problems'>,
  provider: Provider,
): Promise<Response> => {
  const markup = signUpPage({
    texts: textsOf(context, waiting?.request.uiLocales),
    typed,
    problems,
    leastPassword: leastPasswordCharacters,
    csrf: csrfTokenOf(ensureBrowserCookie(context, provider)),
    interaction: waiting?.id ?? null,
    action: pageHref(paths.sign_up, provider),
    signInHref: pageHref(paths.login, provider, waiting?.id),
  });
  const status = Object.values(problems).some(Boolean) ? 400 : 200;
  return pageResponse(context, markup, { status, leadsAway: waiting !== undefined });
};

const make = async (
  context: Context,
  { form, browser }: PageForm,
  waiting: WaitingRequest | undefined,
  provider: Provider,
): Promise<Response> => {
  const address = networkAddress(context, provider.config);
  await takeAllowances('sign_up', [[`sign_up:${address}`, limit]], provider);
  const read = (name: string): string => form.get(name) ?? '';
  const typed: TypedAccount = {
    username: read('username'),
    email: read('email'),
    name: read('name'),
    password: read('password'),
  };
  const outcome = await makeAccount(typed, address, provider);
  if ('problems' in outcome) return show(context, waiting, { typed, problems: outcome.problems }, provider);
  const who = { browser, recorded: undefined };
  const signedIn = await goOnSignedIn(context, outcome.user, who, waiting, provider);
  return signedIn ?? seeOther(context, pageHref(paths.login, provider, waiting?.id));
};

export const signUp: Endpoint = (provider) =>
  pageEndpoint(provider, {
    GET: (context) =>
      whileWaiting(context, context.req.query('interaction'), provider, (waiting) =>
        show(context, waiting, { typed: hinted(waiting), problems: {} }, provider),
      ),
    POST: async (context) => {
      const page = await readPageForm(context, provider);
      return whileWaiting(context, page.form.get('interaction'), provider, (waiting) =>
        make(context, page, waiting, provider),
      );
    },
  });
