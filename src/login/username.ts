// One canonical form for what people sign in with: a restricted set, so that no two names look alike.

const usernameForm = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/;
const localPart = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
/** Letters, digits and hyphens, and no dot at the end, where an URL may have one. RFC 5321 §4.1.2. */
const domainForm = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const longestEmail = 254;
const longestLocalPart = 64;

/** What is longer is neither, however it is written: putting accents in order takes the square of how many there are. */
const longestTyped = 1024;

/** Full-width letters and the like become plain ones; case is folded. RFC 8265 §3.3. */
const fold = (text: string): string => (text.length > longestTyped ? '' : text.trim().normalize('NFKC').toLowerCase());

/** @returns the canonical username; undefined unless it is 1 to 64 of a-z 0-9 . _ - beginning and ending with a letter or digit. */
export const canonicalUsername = (presented: string): string | undefined => {
  const folded = fold(presented);
  return usernameForm.test(folded) ? folded : undefined;
};

const asciiDomain = (domain: string): string | undefined => {
  const url = `http://${domain}`;
  if (!URL.canParse(url) || /[/?#@:\\\s]/.test(domain)) return undefined;
  const { hostname } = new URL(url);
  return domainForm.test(hostname) && !/^[\d.]+$/.test(hostname) ? hostname : undefined;
};

/** @returns the canonical address: lower case, the domain in its ASCII form (RFC 5890); undefined when it is none. */
export const canonicalEmail = (presented: string): string | undefined => {
  const folded = fold(presented);
  const at = folded.lastIndexOf('@');
  const local = folded.slice(0, Math.max(at, 0));
  const domain = asciiDomain(folded.slice(at + 1));
  if (!localPart.test(local) || local.length > longestLocalPart || domain === undefined) return undefined;
  const email = `${local}@${domain}`;
  return email.length <= longestEmail ? email : undefined;
};

/** What to look a sign-in up by: an e-mail address where it has an @, else a username. */
export const canonicalLogin = (presented: string): string | undefined =>
  presented.includes('@') ? canonicalEmail(presented) : canonicalUsername(presented);
