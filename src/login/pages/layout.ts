// The document around every page an end-user sees: brand, landmarks, language, the inline style. No script.
import { html, raw } from 'hono/html';
import type { Markup, Texts } from '../texts/catalogue.ts';
import { dial, mark, tabIcon } from './icons.ts';
import { style } from './style.ts';

export interface Layout {
  readonly texts: Texts;
  /** Plain words; the brand is added. */
  readonly title: string;
  /** The page's one h1 and all that follows. */
  readonly main: Markup;
  /** A single card, or the width of lists. */
  readonly width?: 'narrow' | 'wide';
  /** At the right of the brand. */
  readonly topAction?: Markup;
  readonly footer?: Markup;
  /** The only script there is: that of the page which posts itself. */
  readonly script?: string;
}

export const layout = (page: Layout): Markup => html`<!doctype html>
<html lang="${page.texts.locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${page.title} · Keyturn</title>
<link rel="icon" href="${tabIcon}">
<style>${raw(style)}</style>
</head>
<body class="${page.width ?? 'narrow'}">
${dial()}
<header class="top"><p class="brand" translate="no">${mark()} Keyturn</p>${page.topAction}</header>
<main>
${page.main}
</main>
${page.footer && html`<footer>${page.footer}</footer>`}
${page.script && html`<script>${raw(page.script)}</script>`}
</body>
</html>
`;
