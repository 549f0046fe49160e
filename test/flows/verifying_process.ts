// A resource server's process: follows an issuer by status lists or by the feed, and says when each token it is given is
// first refused. Started by revocation_bound.soak.test.ts; talks over IPC.
import { followRevocationFeed } from '../../src/verifier/revocation_feed_follower.ts';
import { followStatusLists } from '../../src/verifier/status_list_follower.ts';
import { TokenError } from '../../src/verifier/token_error.ts';
import { createVerifier } from '../../src/verifier/verifier.ts';

export interface VerifyingRequest {
  readonly token: string;
  readonly watch: boolean;
}
export interface VerifyingReply {
  readonly token: string;
  /** 'stands', 'token_revoked', or what else it was refused for, in words. */
  readonly verdict: string;
  /** Date.now() when it was refused first, or asked about. */
  readonly at: number;
}

const [issuer = '', audience = '', how = 'list', ttl = '30'] = process.argv.slice(2);
const followers = {
  list: () => followStatusLists({ staleAfterSeconds: 2 * Number(ttl) }),
  poll: () => followRevocationFeed(),
  stream: () => followRevocationFeed({ transport: 'stream' }),
};
const follower = followers[how as keyof typeof followers]();
const verifier = createVerifier({ issuer, audience, revocation: follower });
const watched = new Set<string>();
const everyMilliseconds = 10;

const verdictOf = async (token: string): Promise<string> => {
  try {
    await verifier.verify(token);
    return 'stands';
  } catch (error) {
    return error instanceof TokenError && error.code === 'token_revoked' ? error.code : String(error);
  }
};

const reply = (message: VerifyingReply): void => {
  process.send?.(message);
};

process.on('message', async ({ token, watch }: VerifyingRequest) => {
  if (watch) watched.add(token);
  else reply({ token, verdict: await verdictOf(token), at: Date.now() });
});

const look = async (): Promise<void> => {
  for (const token of watched) {
    const verdict = await verdictOf(token);
    if (verdict === 'stands') continue;
    watched.delete(token);
    reply({ token, verdict, at: Date.now() });
  }
  setTimeout(look, everyMilliseconds);
};

await verifier.ready();
process.send?.({ token: '', verdict: 'ready', at: Date.now() });
await look();
