/**
 * Fields, buttons and what is said about them. After a press of its button a form is covered for a second: the second half
 * of a double click would send it again, in place of what follows the first. No longer, for a press may also be let go of.
 */
export const formStyle = `
.fields { margin-top: 24px; }
.field + .field { margin-top: 18px; }
label { display: block; font-size: 15px; font-weight: 600; }
input { display: block; width: 100%; min-height: 46px; margin-top: 6px; padding: 9px 13px; border: 1px solid var(--field); border-radius: 10px; background: var(--card); color: var(--ink); font: inherit; }
input:hover { border-color: var(--muted); }
input:focus { outline: 2px solid var(--accent); outline-offset: 0; border-color: var(--accent); }
input[aria-invalid="true"] { border-color: var(--danger-ink); box-shadow: inset 0 0 0 1px var(--danger-ink); }
.hint { margin-top: 7px; color: var(--muted); font-size: 14px; line-height: 1.45; }
.problem { display: flex; gap: 7px; margin-top: 7px; color: var(--danger-ink); font-size: 14px; line-height: 1.45; font-weight: 600; }
.problem .icon { width: 17px; height: 17px; margin-top: 1.5px; }
.notice { display: flex; gap: 11px; margin-top: 22px; padding: 12px 15px; border: 1px solid var(--line); border-radius: 12px; background: var(--accent-soft); color: var(--ink); font-size: 15px; line-height: 1.5; }
.notice .icon { margin-top: 1.5px; color: var(--accent-ink); }
.notice.danger { border-color: var(--danger-line); background: var(--danger-soft); }
.notice.danger .icon { color: var(--danger-ink); }
button, .button { display: inline-flex; align-items: center; justify-content: center; gap: 8px; min-height: 46px; padding: 9px 20px; border: 1px solid var(--field); border-radius: 10px; background: var(--card); color: var(--ink); font: 600 16px/1.35 var(--sans); text-align: center; text-decoration: none; overflow-wrap: anywhere; cursor: pointer; }
button:hover, .button:hover { border-color: var(--ink); }
.primary { border-color: transparent; background: var(--accent-ink); color: var(--on-accent); box-shadow: 0 1px 2px rgb(var(--shade) / .18); }
.primary:hover { border-color: transparent; background: var(--accent-hover); }
.fill { width: 100%; margin-top: 24px; }
.minor { min-height: 38px; padding: 5px 14px; font-size: 14px; }
.withdraw { color: var(--danger-ink); }
.withdraw:hover { border-color: currentColor; }
form { position: relative; }
form::after { content: ""; position: absolute; inset: 0; visibility: hidden; cursor: progress; transition: visibility 0s 1s; }
form:valid:has(button:active)::after { visibility: visible; pointer-events: none; transition-delay: 0s; }
.choices { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(132px, 100%), 1fr)); gap: 12px; margin-top: 24px; }
.choices > :only-child { grid-column: 1 / -1; }
.person { display: flex; align-items: center; gap: 14px; margin-top: 24px; padding: 14px 16px; border: 1px solid var(--line); border-radius: 12px; background: var(--ground); }
.person p { min-width: 0; overflow-wrap: anywhere; line-height: 1.4; }
.person small { display: block; color: var(--muted); font-size: 14px; }
.person + form .fill { margin-top: 16px; }
.letter { flex: none; display: grid; place-items: center; width: 42px; height: 42px; border-radius: 50%; background: var(--accent-soft); color: var(--accent-ink); font-size: 18px; font-weight: 650; line-height: 1; text-transform: uppercase; }
details { margin-top: 20px; padding-top: 18px; border-top: 1px solid var(--line); }
summary { width: fit-content; margin: 0 auto; padding: 4px 8px; color: var(--accent-ink); font-size: 15px; font-weight: 600; text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: 3px; cursor: pointer; }
summary:hover { text-decoration-thickness: 2px; }
details .notice { margin-top: 14px; }
details[open] .fields { margin-top: 16px; }
@media (prefers-reduced-motion: no-preference) {
  button, .button, input { transition: background-color .12s, border-color .12s; }
}
@media (max-width: 360px) { .choices { gap: 10px; } button, .button { padding-left: 12px; padding-right: 12px; } }
`;
