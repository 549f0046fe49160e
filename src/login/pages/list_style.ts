/** What is allowed and where one is signed in: the consent and account pages. */
export const listStyle = `
.pair { display: flex; align-items: center; justify-content: center; gap: 12px; margin-bottom: 22px; }
.pair .letter { width: 56px; height: 56px; border-radius: 16px; font-size: 24px; }
.pair .ours { display: grid; place-items: center; width: 56px; height: 56px; border: 1px solid var(--line); border-radius: 16px; }
.pair i { width: 44px; border-top: 2px dotted var(--field); }
.asks h1, .asks .lead { text-align: center; }
.origin { display: flex; justify-content: center; margin-top: 14px; }
.origin p { display: inline-flex; align-items: center; gap: 7px; max-width: 100%; padding: 4px 13px 4px 10px; border: 1px solid var(--line); border-radius: 99px; font-size: 14px; }
.origin .icon { width: 16px; height: 16px; color: var(--muted); }
.asks h2 { margin-top: 28px; padding-top: 24px; border-top: 1px solid var(--line); font-size: 16px; }
.access { margin-top: 14px; }
.access li { display: flex; gap: 13px; }
.access li + li { margin-top: 15px; }
.access .icon { margin-top: 1px; color: var(--accent-ink); }
.access div { min-width: 0; line-height: 1.45; }
.access b { display: block; font-size: 15px; }
.access span { display: block; color: var(--muted); font-size: 14px; overflow-wrap: anywhere; }
.access .values { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 6px; color: var(--ink); }
.values code { padding: 1px 8px; border: 1px solid var(--line); border-radius: 7px; background: var(--ground); font-size: 13px; }
.about { margin-top: 20px; padding-top: 0; border: 0; }
.about .facts { margin-top: 8px; padding: 14px 16px; border: 1px solid var(--line); border-radius: 12px; background: var(--ground); }
.about summary { font-size: 14px; font-weight: 400; color: var(--muted); }
.self { display: flex; align-items: center; gap: 18px; }
.self .letter { width: 64px; height: 64px; font-size: 27px; }
.self p { color: var(--muted); overflow-wrap: anywhere; }
.wide .notice { margin-top: 26px; }
.panel { margin-top: 26px; padding: 28px 32px 30px; }
.panel > p { margin-top: 4px; color: var(--muted); font-size: 15px; }
.rows { margin-top: 20px; }
.rows > li { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: 4px 16px; align-items: start; padding: 18px 0; border-top: 1px solid var(--line); }
.rows > li:last-child { padding-bottom: 0; }
.rows .tile { display: grid; place-items: center; width: 42px; height: 42px; border-radius: 12px; background: var(--ground); border: 1px solid var(--line); color: var(--muted); }
.rows .letter { border-radius: 12px; }
.rows h3 { display: flex; flex-wrap: wrap; align-items: center; gap: 2px 10px; }
.rows p { color: var(--muted); font-size: 14px; }
.badge { padding: 0 9px; border: 1px solid currentColor; border-radius: 99px; color: var(--accent-ink); font-size: 12px; line-height: 19px; font-weight: 600; }
.words { margin-top: 8px; font-size: 14px; line-height: 1.5; overflow-wrap: anywhere; }
.words li { padding-left: 15px; text-indent: -15px; }
.words li::before { content: ""; display: inline-block; margin-right: 10px; border: 2.5px solid var(--accent); border-radius: 50%; vertical-align: middle; }
.panel form.fields { max-width: 400px; }
.panel form.fields .primary { margin-top: 22px; }
.wide footer { padding-top: 28px; }
.panel > h3 { margin-top: 24px; }
.panel > h3 + .facts { margin-top: 8px; padding-top: 12px; }
.panel summary { margin: 0; }
@media (max-width: 600px) {
  .panel { padding: 22px 20px 24px; margin-top: 20px; }
  .rows > li { grid-template-columns: auto minmax(0, 1fr); gap: 4px 14px; }
  .rows > li > form { grid-column: 2; margin-top: 10px; }
  .self { gap: 14px; }
  .self .letter { width: 52px; height: 52px; font-size: 22px; }
  .panel form.fields .primary { width: 100%; }
}
`;
