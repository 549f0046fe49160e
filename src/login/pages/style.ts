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

const policyOf = (between: readonly string[]): string =>
  [
    "default-src 'none'",
    `style-src ${styleHash}`,
    'img-src data:',
    ...between,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');

/**
 * The policy of a page whose forms go to ourselves.
 *
 * @param leadsAway - whether the answer to a form may send the browser to an application. Chromium holds form-action
 *   against every redirect that follows, also those of the application, and only the application knows where they lead.
 */
export const pageSecurityPolicy = (leadsAway = false): string => policyOf(leadsAway ? [] : ["form-action 'self'"]);

/** The policy of the page that posts itself to a client, which may redirect too. @param scriptHash - of the one script that does. */
export const formPostSecurityPolicy = (scriptHash: string): string => policyOf([`script-src ${scriptHash}`]);
