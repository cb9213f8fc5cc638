/** The look of an exported page: light and dark, from a phone's width to a desktop's. */

/** The style sheet. Colours of texts have a contrast of 4.5 or more to what is below them (WCAG 2.2, 1.4.3). */
export const style = `
:root { color-scheme: light dark; --paper: #f6f5f1; --card: #fffefb; --ink: #17202b; --soft: #5b6572; --rule: #d6d3ca;
  --accent: #1f4fd1; --on-accent: #fff; --alarm: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --paper: #0f1318; --card: #171c23; --ink: #eceae4; --soft: #9aa4b1; --rule: #38424e;
  --accent: #8fb2ff; --on-accent: #0f1728; --alarm: #ff9a92; } }
* { box-sizing: border-box; margin: 0; }
[hidden] { display: none !important; }
body { max-width: 76rem; margin: 0 auto; padding: clamp(1rem, 3vw, 2rem) clamp(1rem, 3vw, 2rem) 1.5rem;
  background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: clamp(1.4rem, 4.5vw, 2rem); line-height: 1.2; letter-spacing: -.02em; overflow-wrap: anywhere; text-wrap: balance; }
h2 { font-size: 1rem; font-weight: 650; }
header p, footer, .note { color: var(--soft); }
header p { max-width: 44rem; margin-top: .4rem; }
main { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; margin-top: 1.25rem; }
@media (min-width: 56rem) { main { grid-template-columns: minmax(0, 1.15fr) minmax(0, 1fr); align-items: start; }
  main:not(:has(#latent:not([hidden]))) { grid-template-columns: minmax(0, 46rem); } }
.card { padding: 1rem; border: 1px solid var(--rule); border-radius: .9rem; background: var(--card); }
.side { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; }
.row { display: flex; flex-wrap: wrap; align-items: end; gap: .6rem; margin-top: .75rem; }
.field { display: grid; gap: .15rem; color: var(--soft); font-size: .85rem; }
.row > .field { flex: 1 1 6.5rem; min-width: 0; } .row > .field > * { width: 100%; }
.note { margin-top: .25rem; font-size: .9rem; }
button, select, input[type=number] { min-height: 2.75rem; padding: 0 .9rem; border: 1px solid var(--soft); border-radius: .6rem;
  background: transparent; color: var(--ink); font: 600 .95rem/1 system-ui, sans-serif; }
select { background: var(--card); max-width: 100%; }
input[type=number] { font-variant-numeric: tabular-nums; }
button { flex: 1 1 auto; white-space: nowrap; cursor: pointer; }
button.first { border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
button:hover { border-color: var(--ink); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
input[type=range] { width: 100%; height: 1.75rem; accent-color: var(--accent); }
canvas { display: block; width: 100%; border-radius: .3rem; image-rendering: pixelated; }
.stage { margin-top: .75rem; }
[data-kind=images] canvas { background: var(--rule); }
[data-kind=points] canvas { image-rendering: auto; }
#status { margin-top: .6rem; min-height: 1.4em; font-size: .9rem; color: var(--soft); overflow-wrap: anywhere; }
#status.failed { color: var(--alarm); font-weight: 600; }
.pair { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0 1rem; }
[data-kind=images] .pair { grid-template-columns: minmax(5.5rem, 34%) minmax(0, 1fr); align-items: center; }
#sliders { margin-top: .6rem; }
#sliders label { display: grid; grid-template-columns: 1.7rem minmax(0, 1fr) 3rem; gap: .5rem; align-items: center; font-size: .85rem;
  color: var(--soft); font-variant-numeric: tabular-nums; }
#sliders output { text-align: right; }
[data-kind=points] .side .stage { max-width: 22rem; }
.scroll { overflow-x: auto; border-radius: .3rem; }
.texts { display: flex; flex-wrap: wrap; gap: .35rem 1.5rem; }
.texts pre { font: .95rem/1.25 ui-monospace, monospace; white-space: pre; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--rule); text-align: right; white-space: nowrap; }
th { color: var(--soft); font-weight: 600; }
footer { margin-top: 1.5rem; font-size: .8rem; overflow-wrap: anywhere; }
`;
