// The one style sheet, inside the page (its hash stands in the Content-Security-Policy). The system's font, the shop's
// own colours and shapes, so that a buyer sees the step to the gateway's page and back; a dark scheme; 390 px first.

export const style = `
:root{color-scheme:light dark;--ink:#1c1917;--muted:#57534e;--line:#dde3d8;--edge:#7d8577;--paper:#fffefa;--ground:#f6f7f0;--panel:#e8eee1;--accent:#2f6b4f;--accent-down:#24543e;--on-accent:#fff;--good:#15803d;--bad:#b91c1c}
@media (prefers-color-scheme:dark){:root{--ink:#fafaf9;--muted:#b5aea8;--line:#343c34;--edge:#7f8a80;--paper:#1c221d;--ground:#131814;--panel:#28312a;--accent:#8fd3ae;--accent-down:#b2e3c8;--on-accent:#10241a;--good:#4ade80;--bad:#fca5a5}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
a{color:inherit;text-underline-offset:3px}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.wide{max-width:1120px;margin:0 auto;padding:0 20px}
.narrow{max-width:640px;margin:0 auto;padding:0 20px}
.top{display:flex;align-items:center;justify-content:space-between;gap:16px;min-height:64px}
.top a{display:inline-flex;align-items:center;min-height:48px}
.brand{font-weight:700;text-decoration:none}
h1{font-size:30px;line-height:1.2;letter-spacing:-.01em;margin:24px 0 8px;text-wrap:balance}
h2{font-size:18px;line-height:1.35;margin:0;text-wrap:balance}
p{margin:0;text-wrap:pretty}
.muted{color:var(--muted)}
fieldset{border:0;margin:24px 0;padding:0;min-width:0}
legend{padding:0;margin-bottom:8px;font-weight:700}
.segments{display:flex;gap:4px;padding:4px;border-radius:12px;background:var(--panel)}
.segments label{flex:1;position:relative;display:block}
.segments input{position:absolute;inset:0;width:100%;height:100%;margin:0;opacity:0;cursor:pointer}
.segments span{display:flex;align-items:center;justify-content:center;min-height:48px;padding:0 8px;border-radius:8px;border:1px solid transparent;color:var(--muted);text-align:center}
.segments input:checked+span{background:var(--paper);border-color:var(--edge);color:var(--ink);font-weight:700}
.segments input:focus-visible+span{outline:3px solid var(--accent);outline-offset:2px}
.goods{list-style:none;margin:0;padding:0;display:grid;gap:16px}
.card{display:flex;background:var(--paper);border:1px solid var(--line);border-radius:12px;overflow:hidden;height:100%}
.picture{flex:0 0 40%;display:flex;align-items:center;background:var(--panel);padding:8px}
.picture svg{display:block;width:100%}
.card .body{display:flex;flex-direction:column;gap:4px;padding:16px;flex:1}
.price{font-size:22px;font-weight:700;font-variant-numeric:tabular-nums;margin-top:auto;padding-top:12px}
.button{display:inline-flex;align-items:center;justify-content:center;min-height:48px;padding:0 24px;border-radius:24px;border:1px solid var(--accent);background:var(--accent);color:var(--on-accent);font:inherit;font-weight:700;text-decoration:none;cursor:pointer}
.quiet{background:transparent;color:var(--accent)}
.card .button{margin-top:12px}
.plain{border-color:var(--edge);background:transparent;color:var(--ink)}
@media (hover:hover){.button:hover{background:var(--accent-down);color:var(--on-accent)}.plain:hover{background:var(--panel);color:var(--ink)}}
.state{background:var(--paper);border:1px solid var(--line);border-radius:12px;padding:24px 20px;margin:16px 0 32px}
.state h1{margin:0 0 8px;font-size:26px}
.state.good h1{color:var(--good)}.state.bad h1{color:var(--bad)}
.sum{font-size:36px;line-height:1.2;font-weight:700;font-variant-numeric:tabular-nums;margin:16px 0}
.facts{display:grid;grid-template-columns:auto 1fr;gap:4px 16px;margin:16px 0 0}
.facts dt{color:var(--muted)}.facts dd{margin:0;text-align:right;overflow-wrap:anywhere}
.actions{display:flex;flex-wrap:wrap;gap:12px;align-items:center;margin-top:20px}
.actions a{display:inline-flex;align-items:center;min-height:48px}
.events{list-style:none;margin:12px 0 0;padding:0}
.events>li{position:relative;padding:0 0 12px 24px}
.events>li::before{content:"";position:absolute;left:0;top:7px;width:11px;height:11px;border-radius:50%;background:var(--ground);border:2px solid var(--edge)}
.events>li:not(:last-child)::after{content:"";position:absolute;left:7px;top:22px;bottom:-3px;width:1px;background:var(--line)}
.events>li.proven::before{background:var(--good);border-color:var(--good)}
.events>li.forged::before{background:var(--bad);border-color:var(--bad)}
.events p{display:flex;flex-wrap:wrap;gap:0 12px;align-items:baseline}
.events b{font-weight:700}
.events time{color:var(--muted);font-variant-numeric:tabular-nums}
.good-text{color:var(--good)}.bad-text{color:var(--bad)}
summary{display:inline-flex;align-items:center;min-height:48px;cursor:pointer;color:var(--muted);text-decoration:underline;text-underline-offset:3px}
pre{margin:0;padding:12px;border-radius:8px;background:var(--panel);font:14px/1.5 ui-monospace,SFMono-Regular,Menlo,"Noto Sans Mono",monospace;white-space:pre-wrap;overflow-wrap:anywhere}
footer{color:var(--muted);padding:32px 0 40px}
@media (min-width:640px){.goods{grid-template-columns:1fr 1fr;gap:20px}.card{flex-direction:column}.picture{flex:none;padding:12px}.picture svg{height:180px}.card .body{padding:16px 20px 20px}fieldset{max-width:480px}h1{font-size:36px}.state{padding:32px}}
@media (min-width:1040px){.goods{grid-template-columns:repeat(4,1fr)}}
`.trim();
