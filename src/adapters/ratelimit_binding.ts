// An allowance of each address for the pages that people sign in with, kept by Cloudflare: the outer layer, which costs no
// query. The limits of the store come after it and count exactly.

interface RateLimitBinding {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>;
}

const limitedPages = /\/(login|sign-up|consent|account|account\/password)$/;

/** @returns false when this address has used up what it has; true where no binding says anything. */
export const isWithinAddressLimit = async (
  { method, url }: Request,
  address: string | undefined,
  binding: RateLimitBinding | undefined,
): Promise<boolean> => {
  if (binding === undefined || address === undefined || method !== 'POST') return true;
  if (!limitedPages.test(new URL(url).pathname)) return true;
  return (await binding.limit({ key: address })).success;
};
