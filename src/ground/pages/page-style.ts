// The look, once, for every page rendered on the server (checkout, errors, sandbox): tokens and a few parts.
// Sent inline with each page: one response, nothing else to load. Sizes in px steps of 4.

/**
 * `field` outlines inputs (3:1 on paper, which `line` is not); `on-accent` is the text on the accent.
 * The dark scheme lightens accent, good and bad until text in them passes 4.5:1 on its paper.
 */
export const pageStyle = `
:root{color-scheme:light dark;--ink:#1c1917;--muted:#57534e;--line:#e7e5e4;--field:#78716c;--paper:#fff;--ground:#fafaf9;
--accent:#c2410c;--accent-down:#9a3412;--on-accent:#fff;--good:#15803d;--good-wash:#f0fdf4;--bad:#b91c1c;--bad-wash:#fef2f2;
--ribbon:#fef3c7;--on-ribbon:#713f12}
@media(prefers-color-scheme:dark){:root{--ink:#fafaf9;--muted:#b8b2ad;--line:#3b3733;--field:#8f8781;--paper:#1c1917;--ground:#0c0a09;
--accent:#fb923c;--accent-down:#fdba74;--on-accent:#1c1917;--good:#4ade80;--good-wash:#0f2418;--bad:#fca5a5;--bad-wash:#331414;
--ribbon:#3a2506;--on-ribbon:#fde68a}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;min-height:100vh;min-height:100dvh;background:var(--ground);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
h1,h2,p,dl,dd,ul,form{margin:0;padding:0}
h1{font-size:22px;line-height:28px;font-weight:700;text-wrap:balance}
h2{font-size:18px;line-height:24px}
a{color:inherit;text-underline-offset:3px}
:focus-visible{outline:3px solid var(--ink);outline-offset:2px}
.ribbon{background:var(--ribbon);color:var(--on-ribbon);padding:8px 16px;text-align:center;line-height:22px;text-wrap:balance}
.top,.wrap{max-width:960px;margin:0 auto;padding:0 16px}
.top{display:flex;justify-content:space-between;align-items:center;min-height:56px}
.brand{font-weight:800;font-size:18px;letter-spacing:-.01em}
.top a{display:inline-flex;align-items:center;min-height:48px;padding:0 0 0 16px;color:var(--muted)}
.wrap{padding-bottom:16px;display:grid;gap:16px}
.stack{display:grid;gap:16px;align-content:start}
.tight{display:grid;gap:4px;align-content:start}
.card{background:var(--paper);border:1px solid var(--line);border-radius:8px;padding:20px 16px}
.center{text-align:center}.muted{color:var(--muted)}
.amount{font-size:clamp(36px,11vw,44px);line-height:1.15;font-weight:700;letter-spacing:-.02em;white-space:nowrap}
.amount.long{font-size:clamp(24px,7.8vw,40px)}
.shop{font-size:18px;font-weight:600}
.facts{border-top:1px solid var(--line)}
.facts>div{display:flex;justify-content:space-between;gap:4px 16px;flex-wrap:wrap;padding:8px 0;border-bottom:1px solid var(--line)}
.facts dt{color:var(--muted)}
.facts dd{text-align:right;margin-left:auto}
.summary .facts>div{padding:4px 0;border:0}.summary .facts{padding-top:8px;margin-top:8px}
label{display:block;font-weight:600;margin-bottom:4px}
input{width:100%;min-height:52px;padding:8px 12px;border:1px solid var(--field);border-radius:8px;background:var(--paper);color:var(--ink);
font:inherit;font-size:18px}
input[aria-invalid]{border:2px solid var(--bad);padding:7px 11px}
input.code{font-size:28px;letter-spacing:.3em;font-weight:600}
.hint{margin-top:4px;color:var(--muted)}
.button{display:flex;align-items:center;justify-content:center;width:100%;min-height:48px;padding:8px 16px;border:1px solid var(--field);border-radius:8px;
background:none;color:var(--ink);font:inherit;font-weight:600;text-align:center;text-decoration:none;cursor:pointer;touch-action:manipulation}
.button.next{min-height:52px;border-color:var(--accent);background:var(--accent);color:var(--on-accent);font-size:18px}
.button.next:hover{background:var(--accent-down);border-color:var(--accent-down)}
.button.quiet{border-color:transparent;color:var(--muted);font-weight:400;text-decoration:underline}
form:has(>.quiet){margin-top:-8px}
.button:disabled{background:var(--line);border-color:var(--line);color:var(--muted);cursor:default}
.note{border:1px solid var(--line);border-left:4px solid var(--field);border-radius:8px;padding:12px}
.note.bad{border-color:var(--bad);background:var(--bad-wash)}
.note.good{border-color:var(--good);background:var(--good-wash)}
.note strong,.state{display:flex;gap:8px;align-items:flex-start}
.state svg{flex:none;margin-top:2px}.note svg{flex:none}
.bad>strong,.state.bad svg{color:var(--bad)}
.good>strong,.state.good svg,.paid{color:var(--good)}
code{font:16px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
summary{min-height:48px;display:flex;align-items:center;text-decoration:underline;text-underline-offset:3px;cursor:pointer;color:var(--muted)}
@media(min-width:860px){.top{min-height:72px}.wrap{padding-top:24px}.card{padding:32px}
.wrap.two{grid-template-columns:minmax(0,1fr) minmax(0,440px);gap:64px;align-items:start}.two .summary{padding-top:32px}.two .amount{font-size:52px}.two .amount.long{font-size:36px}
.wrap.one,.top.one{max-width:552px}}
@media(forced-colors:active){.button.next{forced-color-adjust:none}}
`.replaceAll('\n', '');
