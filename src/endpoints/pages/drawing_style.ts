/** The palette and the look of the drawing, for the page and for the picture that stands alone. Text is WCAG AA. */
export const drawingStyle = `
:root {
  --ground: #f5f6f8; --card: #ffffff; --line: #e2e6ec; --ink: #161b22; --muted: #586273;
  --standby: #6f83d8; --active: #12877a; --retiring: #c9851f; --gone: #b4bcc8; --now: #d13b68;
  --standby-soft: #cdd5f4; --active-soft: #b2dad5; --retiring-soft: #efd9b2;
  --standby-ink: #4557b8; --active-ink: #0c6f64; --retiring-ink: #8f5a06;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  --mono: ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0d1015; --card: #151a21; --line: #28303b; --ink: #e8ebf0; --muted: #9ba6b5;
    --standby: #8094ee; --active: #2fb8a4; --retiring: #dd9f40; --gone: #4a5463; --now: #ff7096;
    --standby-soft: #37406a; --active-soft: #1d4f4b; --retiring-soft: #6b5330;
    --standby-ink: #a3b2fa; --active-ink: #4fd0bd; --retiring-ink: #e8b462;
  }
}
.drawing { display: block; overflow: visible; font: 12.5px/1.2 var(--sans); }
.drawing text { fill: var(--muted); }
.drawing .kid { font-family: var(--mono); fill: var(--ink); }
.drawing .state { font-weight: 600; }
.drawing rect.standby { fill: var(--standby); }
.drawing rect.active { fill: var(--active); }
.drawing rect.retiring { fill: var(--retiring); }
.drawing rect.standby.planned { fill: var(--standby-soft); }
.drawing rect.active.planned { fill: var(--active-soft); }
.drawing rect.retiring.planned { fill: var(--retiring-soft); }
.drawing .gone rect { fill: var(--gone); }
.drawing .gone .kid { fill: var(--muted); }
.drawing tspan.standby { fill: var(--standby-ink); }
.drawing tspan.active { fill: var(--active-ink); }
.drawing tspan.retiring { fill: var(--retiring-ink); }
.drawing .key text { paint-order: stroke; stroke: var(--card); stroke-width: 5px; stroke-linejoin: round; }
.drawing .tick line { stroke: var(--line); }
.drawing .tick text { font-size: 11.5px; font-variant-numeric: tabular-nums; }
.drawing .now rect { fill: var(--now); }
.drawing .now text { fill: var(--now); font-weight: 600; }
@media (max-width: 640px) { .drawing .wide { display: none; } }
@media (max-width: 400px) { .drawing { font-size: 11.5px; } }
@media (max-width: 340px) { .drawing { font-size: 10.5px; } }
`;
