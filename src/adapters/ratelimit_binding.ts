// PostLimiter by a ratelimit binding of Cloudflare, which costs no query and counts in each data centre by itself.
import type { PostLimiter } from '../seams/rate_limiter.ts';

interface RateLimitBinding {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>;
}

/** The longest `period` that wrangler.toml takes; the binding does not tell its own. */
const periodSeconds = 60;

export const createPostLimiter = (binding: RateLimitBinding): PostLimiter => ({
  take: async (address) => ((await binding.limit({ key: address })).success ? 0 : periodSeconds),
});
