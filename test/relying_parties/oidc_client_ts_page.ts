// The script of a page that signs people in with oidc-client-ts: bundled by esbuild and run by Chromium. What the test
// calls stands on globalThis.
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { UserManager, type UserManagerSettings } from 'oidc-client-ts';

/** Put in when it is bundled. */
declare const settings: UserManagerSettings;

const manager = new UserManager(settings);

const metadataOf = async (): Promise<Readonly<Record<string, string>>> => {
  const response = await fetch(`${settings.authority}/.well-known/openid-configuration`);
  return (await response.json()) as Readonly<Record<string, string>>;
};

const app = {
  signIn: () => manager.signinRedirect(),
  finishSignIn: () => manager.signinCallback(),
  user: () => manager.getUser(),
  refresh: () => manager.signinSilent(),
  revoke: () => manager.revokeTokens(['refresh_token']),
  signOut: () => manager.signoutRedirect({ state: 'so long' }),
  finishSignOut: () => manager.signoutCallback(),
  /** Fetches discovery and the key set as a page, and verifies the ID token with them. */
  verifyIdToken: async () => {
    const { jwks_uri: jwksUri = '', issuer = '' } = await metadataOf();
    const user = await manager.getUser();
    const keys = createRemoteJWKSet(new URL(jwksUri));
    return (await jwtVerify(user?.id_token ?? '', keys, { issuer, audience: settings.client_id })).payload;
  },
  /** @returns what a page learns of a POST: its status, or that it may not know. */
  post: async (path: string, parameters: Readonly<Record<string, string>>) => {
    try {
      const body = new URLSearchParams(parameters);
      return (await fetch(`${settings.authority}${path}`, { method: 'POST', body })).status;
    } catch {
      return 'kept from the page';
    }
  },
};

Object.assign(globalThis, { app });
