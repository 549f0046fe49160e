/** Ground, brand, card and words: what every page has. From 320 px up; after `palette`. */
export const pageStyle = `
*, *::before, *::after { box-sizing: border-box; }
[hidden], [type="hidden"] { display: none !important; }
html { color-scheme: light dark; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; min-height: 100vh; min-height: 100dvh; display: flex; flex-direction: column; position: relative; background: var(--ground); color: var(--ink); font: 16px/1.55 var(--sans); }
h1, h2, h3, p, ul, dl, dd, form { margin: 0; padding: 0; }
ul { list-style: none; }
h1 { font-size: 27px; line-height: 1.2; letter-spacing: -.022em; font-weight: 680; overflow-wrap: anywhere; text-wrap: balance; }
h2 { font-size: 18px; line-height: 1.3; letter-spacing: -.012em; font-weight: 650; }
h3 { font-size: 16px; line-height: 1.4; font-weight: 600; overflow-wrap: anywhere; }
b { font-weight: 600; }
code { font-family: var(--mono); font-size: .875em; overflow-wrap: anywhere; }
a { color: var(--accent-ink); text-underline-offset: 3px; text-decoration-thickness: 1px; }
a:hover { text-decoration-thickness: 2px; }
bdi { overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; border-radius: 6px; }
.unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.backdrop { position: absolute; z-index: -1; inset: 0; overflow: hidden; pointer-events: none; }
.dial { position: absolute; top: -150px; left: 50%; width: 1040px; height: 1040px; margin-left: -520px; color: var(--accent); opacity: .17; fill: none; stroke: currentColor; -webkit-mask-image: linear-gradient(#000 20%, transparent 78%); mask-image: linear-gradient(#000 20%, transparent 78%); }
.top { display: flex; align-items: center; justify-content: center; width: 100%; padding: 44px 16px 26px; }
.brand { display: flex; align-items: center; gap: 10px; font-weight: 650; font-size: 19px; letter-spacing: -.01em; }
.mark { color: var(--accent); }
.mark circle, .mark path:last-child { fill: currentColor; }
.icon { flex: none; width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; }
main { width: 100%; margin: 0 auto; padding: 0 16px 48px; }
main:not(:last-child) { padding-bottom: 0; }
.narrow main { max-width: 476px; }
.wide main, .wide .top { max-width: 832px; margin-left: auto; margin-right: auto; }
.wide .dial { top: -560px; left: auto; right: -420px; margin: 0; -webkit-mask-image: none; mask-image: none; }
.wide .top { justify-content: space-between; padding-top: 26px; padding-bottom: 30px; }
.card { padding: 36px; background: var(--card); border: 1px solid var(--line); border-radius: 18px; box-shadow: 0 1px 2px rgb(var(--shade) / .05), 0 24px 48px -28px rgb(var(--shade) / .28); }
.lead { margin-top: 8px; color: var(--muted); }
.lead b { color: var(--ink); }
.host::before { content: "("; }
.host::after { content: ")"; }
.aside { margin-top: 24px; padding-top: 20px; border-top: 1px solid var(--line); color: var(--muted); font-size: 15px; text-align: center; }
.small { margin-top: 18px; color: var(--muted); font-size: 14px; }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 4px 16px; margin-top: 24px; padding-top: 20px; border-top: 1px solid var(--line); font-size: 14px; }
.facts dt { color: var(--muted); }
.emblem { display: grid; place-items: center; width: 48px; height: 48px; margin-bottom: 18px; border-radius: 14px; background: var(--accent-soft); color: var(--accent-ink); }
.emblem.danger { background: var(--danger-soft); color: var(--danger-ink); }
.emblem .icon { width: 26px; height: 26px; }
footer { display: flex; justify-content: center; padding: 24px 16px 48px; color: var(--muted); font-size: 14px; }
footer p { text-align: center; text-wrap: balance; }
footer .icon { width: 17px; height: 17px; margin-right: 8px; vertical-align: -3px; }
@media (min-height: 780px) and (min-width: 640px) { .narrow .top { padding-top: 84px; } }
@media (max-width: 520px) {
  .narrow .top { padding: 26px 16px 20px; }
  .card { padding: 26px 20px; border-radius: 16px; }
  h1 { font-size: 25px; }
  .facts { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .facts dd + dt { margin-top: 8px; }
}
@media (forced-colors: active) { .dial { display: none; } }
@media print { .dial { display: none; } }
`;
