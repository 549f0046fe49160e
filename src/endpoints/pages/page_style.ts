/** The look of the page, after `drawingStyle`, whose colours it uses. System fonts; from 320 px up; light and dark. */
export const pageStyle = `
*, *::before, *::after { box-sizing: border-box; }
html { color-scheme: light dark; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.6 var(--sans); }
body > header, main, footer { max-width: 1000px; margin: 0 auto; padding: 0 24px; }
h1, h2, h3, h4, p, ul, dl, dd, pre { margin: 0; padding: 0; }
ul { list-style: none; }
code, pre { font-family: var(--mono); font-size: .875em; }
a { color: var(--active-ink); text-underline-offset: 3px; text-decoration-thickness: 1px; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 2px solid var(--active); outline-offset: 3px; border-radius: 4px; }
#keys:focus { outline: none; }
.skip { position: absolute; left: 24px; top: -48px; padding: 8px 16px; background: var(--card); border-radius: 8px; }
.skip:focus { top: 12px; z-index: 1; }
.top { padding-top: 24px; }
.brand { display: flex; align-items: center; gap: 10px; font-weight: 650; font-size: 18px; letter-spacing: -.01em; }
section { margin-top: 64px; }
.hero { margin-top: 56px; }
.eyebrow { color: var(--active-ink); font-size: 14px; font-weight: 600; letter-spacing: .02em; }
h1 { font-size: clamp(28px, 5.5vw, 46px); line-height: 1.12; letter-spacing: -.025em; font-weight: 680; margin-top: 6px; overflow-wrap: anywhere; }
.lead { max-width: 62ch; margin-top: 18px; color: var(--muted); font-size: 18px; }
h2 { font-size: 24px; line-height: 1.25; letter-spacing: -.015em; font-weight: 650; }
h2 + p { margin-top: 8px; color: var(--muted); max-width: 68ch; }
.heading { display: flex; flex-wrap: wrap; align-items: baseline; gap: 8px 14px; }
.pill { padding: 2px 11px 2px 9px; border: 1px solid var(--line); border-radius: 99px; background: var(--card); font-size: 13px; font-weight: 600; }
.pill::before { content: ""; display: inline-block; width: 8px; height: 8px; margin-right: 7px; border-radius: 50%; background: var(--active); }
.pill.up { color: var(--active-ink); }
.pill.down { color: var(--now); }
.pill.down::before { background: var(--now); }
.stale .card { opacity: .55; }
.stale .pill { color: var(--muted); }
.stale .pill::before { background: var(--gone); }
.stale .pill::after { content: " when last seen; not reachable now"; }
.legend { display: flex; flex-wrap: wrap; gap: 6px 28px; margin-top: 14px; font-size: 14px; color: var(--muted); }
.legend b { color: var(--ink); font-weight: 600; margin-right: 4px; }
.legend i { display: inline-block; width: 26px; height: 6px; margin-right: 9px; border-radius: 3px; vertical-align: middle; background: var(--standby); }
.legend i.active { height: 16px; background: var(--active); }
.legend i.retiring { background: var(--retiring); }
.card, .endpoints { background: var(--card); border: 1px solid var(--line); border-radius: 14px; box-shadow: 0 1px 2px rgb(15 23 42 / .04), 0 8px 24px -16px rgb(15 23 42 / .12); }
.card { margin-top: 20px; padding: 22px 26px 8px; }
.card header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 12px; margin-bottom: 18px; color: var(--muted); font-size: 14px; }
.card h3 { color: var(--ink); font-size: 19px; font-weight: 650; letter-spacing: -.01em; }
.turn { margin-left: auto; color: var(--ink); font-weight: 600; font-variant-numeric: tabular-nums; }
.readers { padding: 12px 0 14px; border-top: 1px solid var(--line); color: var(--muted); font-size: 14px; }
.keys { margin-top: 12px; }
.keys li { padding: 14px 0 16px; border-top: 1px solid var(--line); }
.keys h4 { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 12px; font-weight: 400; font-size: 14px; }
.keys code { font-size: clamp(10.5px, 3.05vw, 13px); word-break: break-all; }
details { border-top: 1px solid var(--line); padding: 12px 0; font-size: 14px; color: var(--muted); }
summary { cursor: pointer; width: fit-content; }
details .keys li:first-child { border-top: 0; }
.badge { padding: 0 9px; border: 1px solid currentColor; border-radius: 99px; font-size: 12px; line-height: 19px; font-weight: 600; color: var(--muted); }
.badge.standby { color: var(--standby-ink); }
.badge.active { color: var(--active-ink); }
.badge.retiring { color: var(--retiring-ink); }
dl { display: grid; grid-template-columns: repeat(4, 1fr); gap: 10px 20px; margin-top: 8px; font-size: 13px; line-height: 1.45; }
dt { color: var(--muted); }
dd { font-variant-numeric: tabular-nums; }
dd span { display: block; color: var(--muted); }
pre { margin-top: 16px; padding: 18px 22px; overflow-x: auto; border: 1px solid var(--line); border-radius: 14px; background: var(--card); line-height: 1.7; }
.endpoints { margin-top: 16px; padding: 4px 26px; font-size: 15px; }
.endpoints li { display: grid; grid-template-columns: 52px minmax(0, 1fr) minmax(0, 22em); gap: 2px 14px; align-items: baseline; padding: 12px 0; }
.endpoints li + li { border-top: 1px solid var(--line); }
.endpoints a, .endpoints code { font-family: var(--mono); font-size: 13px; overflow-wrap: anywhere; }
.endpoints span { color: var(--muted); font-size: 14px; }
.endpoints .method { font: 600 12px var(--mono); }
footer { margin-top: 64px; padding-bottom: 48px; color: var(--muted); font-size: 14px; }
@media (prefers-reduced-motion: no-preference) {
  .card { transition: opacity .3s; }
  .drawing rect, .drawing .now { transition: x 3s linear, width 3s linear; }
}
@media (max-width: 720px) {
  body > header, main, footer { padding-left: 16px; padding-right: 16px; }
  section { margin-top: 48px; }
  .hero { margin-top: 36px; }
  .lead { font-size: 17px; }
  .card { padding: 18px 16px 4px; }
  .card header p:first-of-type { flex-basis: 100%; order: 3; }
  dl { grid-template-columns: 1fr; }
  dl div { display: flex; justify-content: space-between; gap: 12px; }
  dd { text-align: right; }
  .endpoints { padding: 4px 16px; }
  .endpoints li { grid-template-columns: minmax(0, 1fr); gap: 0; }
  pre { padding: 14px 16px; }
}
`;
