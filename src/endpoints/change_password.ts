// Where password managers look for the page that changes a password: at the root of the host, whatever the issuer's own path.
// A Well-Known URL for Changing Passwords (W3C) §3.
import type { Endpoint } from './endpoint.ts';
import { pageHref, paths } from './paths.ts';
import { seeOther } from './see_other.ts';

export const changePassword: Endpoint = (provider) => ({
  GET: (context) => seeOther(context, `${pageHref(paths.account, provider)}#change-password`),
});
