// The look of the end-user's pages, and the Content-Security-Policy that lets it and nothing else in. CSP Level 3.
import { createHash } from 'node:crypto';
import { formStyle } from './form_style.ts';
import { listStyle } from './list_style.ts';
import { pageStyle } from './page_style.ts';
import { palette } from './palette.ts';

export const style = palette + pageStyle + formStyle + listStyle;

/** A hash-source, CSP §2.3.1: what an inline `<style>` or `<script>` of exactly this text is let in by. */
export const hashSourceOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const styleHash = hashSourceOf(style);

/**
 * The source a redirect URI is let in by under form-action: its origin, or its scheme where CSP can name no origin (a
 * private-use scheme, an IPv6 literal).
 *
 * @param redirectUri - a registered one, absolute.
 */
export const formActionSourceOf = (redirectUri: string): string => {
  const { protocol, hostname, origin } = new URL(redirectUri);
  if (protocol !== 'https:' && protocol !== 'http:') return protocol;
  return hostname.startsWith('[') ? protocol : origin;
};

const policyOf = (formAction: readonly string[], script: readonly string[]): string =>
  [
    "default-src 'none'",
    `style-src ${styleHash}`,
    ...script.map((hash) => `script-src ${hash}`),
    'img-src data:',
    `form-action ${formAction.join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');

/**
 * The policy of a page whose forms go to ourselves.
 *
 * @param formActionOrigins - where the answer to the form may redirect to: Chromium holds form-action against that too.
 */
export const pageSecurityPolicy = (formActionOrigins: readonly string[] = []): string =>
  policyOf(["'self'", ...formActionOrigins], []);

/** The policy of the page that posts itself to a client. @param scriptHash - of the one script that does. */
export const formPostSecurityPolicy = (redirectUri: string, scriptHash: string): string =>
  policyOf([formActionSourceOf(redirectUri)], [scriptHash]);
