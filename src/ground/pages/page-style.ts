// The look, once, for every page rendered on the server (checkout, errors, sandbox): tokens and a few parts.
// Sent inline with each page: one response, nothing else to load. Sizes in px steps of 4.

import { darkTokens, lightTokens, toProperties } from './tokens.ts';

/**
 * Type scales down with the window only below 360 px (a zoomed phone, a watch), so that nothing is cut at 195 px.
 * A pointer's hover is styled only where pointers hover: on a phone it stays after the tap, over the busy button.
 */
export const pageStyle = `
:root{color-scheme:light dark;${toProperties(lightTokens)}}
@media(prefers-color-scheme:dark){:root{${toProperties(darkTokens)}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;min-height:100vh;min-height:100dvh;display:flex;flex-direction:column;background:var(--ground);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
h1,h2,p,dl,dd,ul,form{margin:0;padding:0}
h1{font-size:clamp(18px,6.2vw,22px);line-height:1.28;font-weight:700;text-wrap:balance}
h2{font-size:18px;line-height:24px}
a{color:inherit;text-underline-offset:3px}
:focus-visible{outline:3px solid var(--ink);outline-offset:2px}
.ribbon{background:var(--ribbon);color:var(--on-ribbon);padding:4px 16px;text-align:center;text-wrap:balance}
.top,.wrap,.foot{width:100%;max-width:960px;margin:0 auto;padding:0 16px}
.top{display:flex;justify-content:space-between;align-items:center;min-height:52px}
.brand{display:flex;align-items:center;gap:8px;font-weight:700;font-size:20px;letter-spacing:-.02em}
.brand svg{color:var(--accent)}
.top a{display:inline-flex;align-items:center;min-height:48px;padding:0 0 0 16px;color:var(--muted)}
.wrap{padding-bottom:24px;display:grid;gap:16px}
.foot{margin-top:auto}
.foot p{padding:12px 0 16px;border-top:1px solid var(--line);color:var(--muted)}
.foot a{display:inline-block;padding:12px 0}
.stack{display:grid;grid-template-columns:minmax(0,1fr);gap:16px;align-content:start}
.tight{display:grid;grid-template-columns:minmax(0,1fr);gap:4px;align-content:start}
.card{background:var(--paper);border:1px solid var(--line);border-radius:8px;padding:20px 16px}
.center{text-align:center}.muted{color:var(--muted)}
.amount{font-size:min(10.8vw,44px);line-height:1.16;font-weight:700;letter-spacing:-.02em;white-space:nowrap}
.amount.long{font-size:clamp(16px,8.2vw,40px)}
.brief .extra{display:none}
.shop{font-size:18px;line-height:24px}
.facts{border-top:1px solid var(--line)}
.facts>div{display:flex;justify-content:space-between;gap:4px 16px;flex-wrap:wrap;padding:8px 0;border-bottom:1px solid var(--line)}
.facts dt{color:var(--muted)}
.facts dd{text-align:right;margin-left:auto}
label{display:block;font-weight:700;margin-bottom:4px}
input{width:100%;min-height:52px;padding:8px 12px;border:1px solid var(--field);border-radius:8px;background:var(--paper);color:var(--ink);
font:inherit;font-size:18px}
input[aria-invalid]{border:2px solid var(--bad);padding:7px 11px}
input.code{font-size:clamp(18px,7.2vw,28px);letter-spacing:.2em;font-weight:700}
.hint{margin-top:4px;color:var(--muted)}
.button{display:flex;align-items:center;justify-content:center;width:100%;min-height:48px;padding:8px 16px;border:1px solid var(--field);border-radius:8px;
background:none;color:var(--ink);font:inherit;font-weight:700;text-align:center;text-decoration:none;cursor:pointer;touch-action:manipulation}
.button.next{min-height:52px;border-color:var(--accent);background:var(--accent);color:var(--on-accent);font-size:18px}
.button.bad{border-color:var(--bad);color:var(--bad)}
.button.quiet{border-color:transparent;color:var(--muted);font-weight:400;text-decoration:underline;text-underline-offset:3px}
.button:disabled,.button.next:disabled{background:var(--rest);border-color:var(--rest);color:var(--on-rest);cursor:default}
@media(hover:hover){.button.next:not(:disabled):hover{background:var(--accent-down);border-color:var(--accent-down)}}
.note{border:1px solid var(--line);border-left:4px solid var(--field);border-radius:8px;padding:12px}
.note.bad{border-color:var(--bad);background:var(--bad-wash)}
.note.good{border-color:var(--good);background:var(--good-wash)}
.note strong,.state{display:flex;gap:8px;align-items:flex-start}
.note svg,.state svg{flex:none}.state svg{margin-top:2px}
.bad>strong,.state.bad svg{color:var(--bad)}
.good>strong,.state.good svg{color:var(--good)}
code{font:16px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
summary{min-height:48px;padding:12px 0;cursor:pointer;color:var(--muted)}
summary>span{text-decoration:underline;text-underline-offset:3px}
.words summary{padding:0;color:inherit;list-style:none}.words summary::-webkit-details-marker{display:none}
.words summary>span{display:block;text-decoration:none}
.words i{color:var(--muted);font-style:normal;text-decoration:underline;text-underline-offset:3px}
.words:not([open]) bdi{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2;overflow:hidden}
.words[open] i,.other[open] i,.other:not([open]) b{display:none}
.other i,.other b{font:inherit}
:has(>.other[open])>.own{display:none}
.end{margin-top:16px}.end>div{padding-bottom:8px}
@media(max-width:359px){.wrap,.top,.foot{padding-inline:8px}.card{padding:16px 8px}.amount{font-size:11.6vw}.button,.note{padding-inline:8px}}
@media(min-width:860px){.brief .extra{display:grid}.top{min-height:72px}.wrap{padding-top:24px;padding-bottom:48px}.card{padding:32px}
.wrap.two{grid-template-columns:minmax(0,1fr) minmax(0,440px);gap:64px;align-items:start}.two .summary{padding-top:32px}.two .amount{font-size:52px}.two .amount.long{font-size:36px}
.wrap.one,.top.one,.foot.one{max-width:552px}}
@media(forced-colors:active){.button.next{forced-color-adjust:none;border-color:ButtonText;background:Highlight;color:HighlightText}
.button:disabled,.button.next:disabled{forced-color-adjust:none;border-color:GrayText;background:Canvas;color:CanvasText}.brand svg{color:LinkText}}
`.replaceAll('\n', '');
