// English: what the demo application says.
import { html } from 'hono/html';
import type { Markup } from './catalogue.ts';

export const englishDemo = {
  title: 'Demo application',
  lead: 'A relying party to try the issuer with. It is there for issuers on loopback alone.',
  nobody: 'Nobody is signed in here',
  nobodyLead: 'Signing in takes you to the issuer and back: authorization code, PKCE, exact redirect URI.',
  signIn: 'Sign in',
  signedIn: 'Signed in',
  signedInLead: (account: Markup): Markup =>
    html`The ID token was verified with the key set of the issuer. The tokens are kept in a sealed cookie of this browser and nowhere else. ${account} shows what this application may do.`,
  account: 'Your account',
  signOut: 'Sign out',
  refresh: 'Refresh',
  idToken: 'ID token',
  idTokenLead: 'For this application: who signed in, when and how.',
  accessToken: 'Access token',
  accessTokenLead: 'For the service it names as its audience, which verifies it offline.',
  expires: (fromNow: string) => `It expires ${fromNow}.`,
  expired: 'It has expired: refresh to get another.',
  header: 'Header',
  claims: 'Claims',
  asSent: 'As it was sent',
  problems: {
    state: 'This browser did not ask for this answer (state). Sign in again.',
    issuer: 'The answer is from another issuer (iss, RFC 9207). Sign in again.',
    id_token: 'The ID token is not for this application and this request (aud, nonce). Sign in again.',
    too_long: 'The tokens are too long to be kept in a cookie, as the demo does.',
  },
};
