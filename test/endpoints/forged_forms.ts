// Ways in which a form of ours may come from elsewhere, each as what differs from our own. OWASP Cross-Site Request
// Forgery Prevention; Fetch Metadata.
import type { Fields } from '../people.ts';

export interface Forgery {
  readonly how: string;
  /** In place of the form's own csrf; null leaves it out. */
  readonly csrf?: string | null;
  readonly headers?: Fields;
}

export const forgeries: readonly Forgery[] = [
  { how: 'no token', csrf: null },
  { how: 'an empty token', csrf: '' },
  { how: 'a made-up token', csrf: 'A'.repeat(43) },
  { how: 'a token as long as ours, of letters of two bytes', csrf: 'é'.repeat(43) },
  { how: 'a foreign Origin', headers: { Origin: 'https://evil.example' } },
  { how: 'the Origin of a sibling', headers: { Origin: 'https://id.example.com.evil.example' } },
  { how: 'our Origin by http', headers: { Origin: 'http://id.example.com' } },
  { how: 'Sec-Fetch-Site: cross-site', headers: { 'Sec-Fetch-Site': 'cross-site' } },
  { how: 'Sec-Fetch-Site: same-site', headers: { 'Sec-Fetch-Site': 'same-site' } },
  { how: 'no cookie', headers: { Cookie: 'a=b' } },
  { how: 'the media type text/plain', headers: { 'Content-Type': 'text/plain' } },
  { how: 'the media type application/json', headers: { 'Content-Type': 'application/json' } },
  { how: 'the media type multipart/form-data', headers: { 'Content-Type': 'multipart/form-data; boundary=a' } },
];

export const forge = (form: Fields, { csrf }: Forgery): Fields => {
  if (csrf === undefined) return form;
  const { csrf: _, ...rest } = form;
  return csrf === null ? rest : { ...rest, csrf };
};
