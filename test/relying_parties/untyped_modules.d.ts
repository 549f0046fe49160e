// What passport_openidconnect.test.ts uses of packages that bring no types.

// What passport puts on Express's requests.
// biome-ignore lint/style/noNamespace: it is how Express has its requests extended.
declare namespace Express {
  interface Request {
    readonly user?: unknown;
    logout(done: (error?: Error) => void): void;
  }
}

type ExpressHandler = import('express').RequestHandler;

declare module 'express-session' {
  const session: (options: Readonly<Record<string, unknown>>) => ExpressHandler;
  // biome-ignore lint/style/noDefaultExport: it is how the package exports.
  export default session;
}

declare module 'passport' {
  interface Authenticator {
    use(strategy: object): void;
    session(): ExpressHandler;
    authenticate(strategy: string, options?: Readonly<Record<string, unknown>>): ExpressHandler;
    serializeUser(serialize: (user: object, done: (error: null, kept: object) => void) => void): void;
    deserializeUser(restore: (kept: object, done: (error: null, user: object) => void) => void): void;
  }
  const passport: { readonly Passport: new () => Authenticator };
  // biome-ignore lint/style/noDefaultExport: it is how the package exports.
  export default passport;
}

declare module 'passport-openidconnect' {
  interface Profile {
    readonly id: string;
    readonly displayName?: string;
    readonly emails?: readonly { readonly value: string }[];
  }
  /** Seven parameters: with fewer, the tokens are not handed over. */
  // biome-ignore lint/complexity/useMaxParams: the package counts them.
  type Verify = (
    issuer: string,
    profile: Profile,
    context: object,
    idToken: string,
    accessToken: string,
    refreshToken: string,
    done: (error: null, user: object) => void,
  ) => void;
  class OpenIDConnectStrategy {
    constructor(options: Readonly<Record<string, unknown>>, verify: Verify);
    /** "Protected", as the package says: for subclasses, and for what refreshes tokens beside it. */
    readonly _oauth2: {
      getOAuthAccessToken(
        token: string,
        parameters: Readonly<Record<string, string>>,
        done: (error: { readonly data?: string } | null, accessToken: string, refreshToken: string) => void,
      ): void;
    };
  }
  const strategy: { readonly Strategy: typeof OpenIDConnectStrategy };
  // biome-ignore lint/style/noDefaultExport: it is how the package exports.
  export default strategy;
}
