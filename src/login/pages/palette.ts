/** The colours and typefaces of every page people see, light and dark: those of the issuer's own page. */
export const palette = `
:root {
  --ground: #f5f6f8; --card: #ffffff; --line: #e2e6ec; --ink: #161b22; --muted: #586273; --field: #8792a2;
  --accent: #12877a; --accent-ink: #0c6f64; --accent-hover: #095a51; --accent-soft: #e3f2f0; --on-accent: #ffffff;
  --danger-ink: #ac1f4c; --danger-soft: #fdeef3; --danger-line: #f3c3d2;
  --shade: 15 23 42;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  --mono: ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0d1015; --card: #151a21; --line: #28303b; --ink: #e8ebf0; --muted: #9ba6b5; --field: #677385;
    --accent: #2fb8a4; --accent-ink: #4fd0bd; --accent-hover: #6fdccb; --accent-soft: #15312f; --on-accent: #08221f;
    --danger-ink: #ff94b2; --danger-soft: #2d1822; --danger-line: #5b2a3c;
    --shade: 0 0 0;
  }
}
`;
