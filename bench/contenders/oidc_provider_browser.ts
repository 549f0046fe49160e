// Signs a browser in at npm oidc-provider, by following its redirects.
const mostRedirects = 10;

/** @returns the Cookie header of the browser once it has a session, and was sent back to the relying party with a code. */
export const signInBrowser = async (authorizationUrl: string): Promise<string> => {
  const { origin } = new URL(authorizationUrl);
  const cookies = new Map<string, string>();
  const cookieHeader = (): string => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  let url = authorizationUrl;
  for (let redirects = 0; redirects < mostRedirects; redirects += 1) {
    const response = await fetch(url, { redirect: 'manual', headers: { Cookie: cookieHeader() } });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null)
      throw new Error(`oidc-provider answered ${response.status} to ${url}: ${await response.text()}`);
    url = new URL(location, url).href;
    if (!url.startsWith(origin)) return cookieHeader();
  }
  throw new Error(`oidc-provider redirected more than ${mostRedirects} times.`);
};
