"""How the page looks: on a screen, light and dark, and on paper."""

STYLE = """
:root { color-scheme: light dark; --ink: #1b2330; --soft: #5f6b7a; --paper: #fcfcfa; --line:
  #dcdfe4;
  --pass: #1a7f43; --fail: #c0262d; --none: #96690a; --waived: #3b5bdb; --mark: #0b7285; }
@media (prefers-color-scheme: dark) { :root { --ink: #e5e9ef; --soft: #9aa6b5; --paper: #14181d;
  --line: #323a45; --pass: #51c67d; --fail: #ff7b7b; --none: #e0b04a; --waived: #8aa4ff;
  --mark: #4cc3d9; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2.5rem 1.5rem 4rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
header { border-bottom: 2px solid var(--ink); padding-bottom: 1rem; margin-bottom: 1rem; }
h1 { font-size: 1.6rem; margin: 0 0 .3rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
h3 { font-size: 1rem; margin: 0; } p { margin: .35rem 0; }
.verdict { font-size: 2.6rem; font-weight: 800; letter-spacing: .02em; line-height: 1; margin: 0 0
  .5rem; }
.soft { color: var(--soft); } .pass { color: var(--pass); } .fail { color: var(--fail); }
.none { color: var(--none); } .waived { color: var(--waived); }
code { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
.chip { display: inline-block; border: 1px solid currentColor; border-radius: 99px; padding: 0
  .6em;
  font-size: .78rem; font-weight: 600; white-space: nowrap; margin: 1px 0; }
.fix::before { content: "→ "; } .next { font-size: 1.05rem; }
.refs, .refs a { color: var(--soft); text-decoration: none; font-size: .8rem; white-space: nowrap; }
tr { break-inside: avoid; } .checks td:nth-child(1) { width: 6.5rem; }
.checks td:nth-child(2) { width: 2.6rem; } .checks td:nth-child(4) { width: 25%; font-size: .8rem; }
.todo td:first-child { width: 48%; } .todo .fix { font-weight: 600; }
table { border-collapse: collapse; width: 100%; margin: .4rem 0; font-size: .88rem; }
td, th { border-top: 1px solid var(--line); padding: .3rem .8rem .3rem 0; vertical-align: top;
  text-align: left; font-weight: 400; }
.binding th { color: var(--soft); width: 9rem; } .binding td, .binding th { border: 0; padding: 0
  .8rem 0 0; }
.evidence td { font-size: .8rem; } .evidence td:nth-child(1) { width: 2.4rem; }
.evidence td:nth-child(2) { width: 30%; } .evidence td:last-child { width: 25%; }
.evidence td:nth-child(3) { overflow-wrap: anywhere; } .evidence code { font-size: 11px; }
 .articles td:first-child { width: 55%; }
figure { margin: 1rem 0; break-inside: avoid; } figcaption { font-size: .9rem; }
.plot { width: 100%; max-width: 46rem; font: 12px system-ui, sans-serif; }
.plot text { fill: var(--soft); } .plot .axis { stroke: var(--soft); } .plot .grid { stroke:
  var(--line); }
.plot .line { fill: none; stroke: var(--mark); stroke-width: 1.6; } .plot .depth { fill:
  var(--fail);
  fill-opacity: .25; } .plot .bar { fill: var(--mark); fill-opacity: .45; }
.plot line.limit { stroke: var(--fail); stroke-dasharray: 5 4; } .plot text.limit { fill:
  var(--fail); }
.plot line.bound { stroke: var(--none); } .plot text.bound { fill: var(--none); }
.plot line.here, .plot circle.here { stroke: var(--ink); fill: var(--ink); } .plot text.here {
  fill: var(--ink);
  font-weight: 600; }
.plot rect.order { fill: var(--mark); fill-opacity: .75; }
.plot rect.fault { fill: var(--fail); fill-opacity: .3; }
.plot .signal { stroke: var(--none); stroke-width: 2; }
.plot text.pass { fill: var(--pass); } .plot text.fail { fill: var(--fail); font-weight: 600; }
.plot text.none { fill: var(--none); font-weight: 600; }
@media print { :root { --ink: #000; --soft: #444; --paper: #fff; --line: #bbb; --pass: #14662f;
  --fail: #a01c22; --none: #7a5508; --waived: #2b46b0; --mark: #0b5a68; }
  html { font-size: 9.5pt; } body { max-width: none; padding: 0; font-size: 1rem;
  line-height: 1.35; }
  h2 { break-after: avoid; margin-top: 1.3rem; } td, th { padding-top: .15rem;
  padding-bottom: .15rem; } .verdict { font-size: 26pt; } .figures { display: grid;
  grid-template-columns: 1fr 1fr; gap: 0 1.5rem; } .wide { grid-column: 1 / -1; }
  .figures figure { margin: .4rem 0; } .plot { font-size: 15px; } .wide .plot { font-size: 12px; }
  @page { margin: 14mm 14mm; } }
"""
