// Verifiers that follow an issuer in this process, with its clock: one by the status lists, one by the feed.
import type { App } from '../../src/app.ts';
import type { Clock } from '../../src/seams/clock.ts';
import { followRevocationFeed } from '../../src/verifier/revocation_feed_follower.ts';
import { followStatusLists } from '../../src/verifier/status_list_follower.ts';
import { createVerifier, type Verifier } from '../../src/verifier/verifier.ts';

export interface Followers {
  readonly list: Verifier;
  readonly feed: Verifier;
  close(): void;
}

export interface FollowedIssuer {
  readonly app: App;
  readonly clock: Clock;
  readonly config: { readonly issuer: string };
}

/** What is asked of the network goes to the app. */
export const fetchFrom =
  (app: App): typeof globalThis.fetch =>
  async (input, init) =>
    app.request(String(input), init);

/** They fetch anew for each: what a follower learns with time is another test's. */
export const follow = ({ app, clock, config }: FollowedIssuer, audience: string): Followers => {
  const { issuer } = config;
  const common = { issuer, audience, clock, fetch: fetchFrom(app) };
  const list = createVerifier({ ...common, revocation: followStatusLists() });
  const feed = createVerifier({ ...common, revocation: followRevocationFeed() });
  return {
    list,
    feed,
    close: () => {
      list.close();
      feed.close();
    },
  };
};

/** How each takes the token: 'stands', or the code it is refused with. */
export const verdictsOf = async (token: string, issuer: FollowedIssuer, audience: string) => {
  const followers = follow(issuer, audience);
  const verdict = (verifier: Verifier): Promise<string> =>
    verifier.verify(token).then(
      () => 'stands',
      (error: { readonly code?: string }) => error.code ?? String(error),
    );
  try {
    return { list: await verdict(followers.list), feed: await verdict(followers.feed) };
  } finally {
    followers.close();
  }
};

export const standing = { list: 'stands', feed: 'stands' };
export const revoked = { list: 'token_revoked', feed: 'token_revoked' };
