// The first page of a sandbox: the tour in three steps, and where everything is.

import { type Html, html, type Page, renderPage } from '../../ground/pages/index.ts';
import type { Locale, Operator } from '../../ground/terms.ts';
import { demoSites, demoWallets, payingWallet, testPin } from './demo-data.ts';
import { inboxHref, inboxPath } from './inbox-page.ts';
import { startTexts } from './start-texts.ts';

export const startPath = '/';

type StartView = {
  locale: Locale;
  publicUrl: string;
  operator?: Operator | null | undefined;
};

export function startPage(view: StartView): Page {
  const t = startTexts[view.locale];
  return renderPage({
    ...view,
    environment: 'sandbox',
    title: t.title,
    columns: 'two',
    style,
    body: html`<section class="stack tour">
      <div class="tight"><h1>${t.title}</h1><p class="muted">${t.intro}</p></div>
      ${steps(view)}</section>
      <div class="stack side">${wallets(view)}${sites(view)}${links(view)}</div>
      <div class="stack make">${firstOrder(view)}${commands(view)}</div>`,
  });
}

function steps({ locale }: StartView): Html {
  const { stepShop, stepPay, stepBack, phone, pin } = startTexts[locale];
  return html`<ol class="steps stack">
    <li class="card stack"><h2>1. ${stepShop.title}</h2><p>${stepShop.text}</p>
    <a class="button next" href="/shop/?lang=${locale}">${stepShop.button}</a></li>
    <li class="card stack"><h2>2. ${stepPay.title}</h2><p>${stepPay.text}</p>
    <dl class="facts"><div><dt>${phone}</dt><dd>${big(payingWallet.phone)}</dd></div>
    <div><dt>${pin}</dt><dd>${big(testPin)}</dd></div></dl>
    <p>${stepPay.more} <a href="${inboxHref({ locale })}">${stepPay.inbox}</a>.</p></li>
    <li class="card stack"><h2>3. ${stepBack.title}</h2><p>${stepBack.text}</p>
    <p><a href="/shop/orders.json">${stepBack.orders}</a></p></li></ol>`;
}

function wallets({ locale }: StartView): Html {
  const t = startTexts[locale];
  return html`<section class="card stack"><h2>${t.wallets}</h2>
    <p>${t.walletsAbout} <code>${testPin}</code></p>
    <ul class="rows">${demoWallets.map(
      ({ phone, holderName, behaviour }) =>
        html`<li><p class="pair"><code>${phone}</code><span lang="vi">${holderName}</span></p>
        <p class="muted">${t.behaviours[behaviour]}</p></li>`,
    )}</ul></section>`;
}

function sites({ locale }: StartView): Html {
  const t = startTexts[locale];
  return html`<section class="card stack"><h2>${t.sites}</h2><p>${t.sitesAbout}</p>
    <ul class="rows">${demoSites.map(
      ({ merchantSite, protocol, entryPath }) =>
        html`<li><p class="pair"><code>${merchantSite}</code><span>${protocol}</span></p>
        <p class="muted"><code>${entryPath}</code></p></li>`,
    )}</ul></section>`;
}

function links({ locale }: StartView): Html {
  const { links: title, linkNames, docs, docNames } = startTexts[locale];
  const addresses: [string, string, string][] = [
    [linkNames.shop, '/shop/', `/shop/?lang=${locale}`],
    [linkNames.inbox, inboxPath, inboxHref({ locale })],
    [linkNames.inboxJson, `${inboxPath}.json`, `${inboxPath}.json`],
    [linkNames.openApi, '/v3/openapi.json', '/v3/openapi.json'],
    [linkNames.health, '/healthz', '/healthz'],
    [linkNames.ready, '/readyz', '/readyz'],
    [linkNames.metrics, '/metrics', '/metrics'],
  ];
  const files: [string, string][] = [
    ['README.md', docNames.readme],
    ['ARCHITECTURE.md', docNames.architecture],
    ['docs/reference/rest-api.md', docNames.api],
    ['samples/node', docNames.sample],
  ];
  return html`<section class="card stack"><h2>${title}</h2>
    <ul class="rows links">${addresses.map(
      ([name, path, href]) => html`<li class="pair"><a href="${href}">${name}</a> <code>${path}</code></li>`,
    )}</ul>
    <h2>${docs}</h2>
    <ul class="rows">${files.map(
      ([path, about]) => html`<li class="pair"><code>${path}</code> <span class="muted">${about}</span></li>`,
    )}</ul></section>`;
}

function firstOrder({ locale, publicUrl }: StartView): Html {
  const t = startTexts[locale];
  const site = 'npx vipay site create --environment sandbox \\\n  --protocol rest --name "My shop" --json';
  const order = {
    ...{ merch_txn_ref: 'FIRST-1', order_no: '1', amount: '45000' },
    ...{ description: 'First order', return_url: `${publicUrl}/` },
  };
  const curl = [
    `curl ${publicUrl}/v3/orders`,
    `  -H "Authorization: Bearer sk_sandbox_..."`,
    `  -H "Idempotency-Key: first-1"`,
    `  -H "Content-Type: application/json"`,
    `  -d '${JSON.stringify(order, null, 2)}'`,
  ].join(' \\\n');
  return html`<section class="card stack"><h2>${t.curl}</h2>
    <p>${t.curlSite}</p>${listing(site)}<p>${t.curlOrder}</p>${listing(curl)}<p>${t.curlOpen}</p></section>`;
}

function commands({ locale }: StartView): Html {
  const { cli, cliAbout, cliExamples } = startTexts[locale];
  const examples: [string, string][] = [
    ['npx vipay order show ord_...', cliExamples.order],
    ['npx vipay notification list', cliExamples.notifications],
    ['npx vipay request show TRACE', cliExamples.request],
    [`npx vipay wallet top-up ${payingWallet.phone} 5000000`, cliExamples.topUp],
    ['npx vipay doctor', cliExamples.doctor],
  ];
  return html`<section class="card stack"><h2>${cli}</h2><p>${cliAbout}</p>
    <ul class="rows">${examples.map(
      ([command, about]) => html`<li><p><code>${command}</code></p><p class="muted">${about}</p></li>`,
    )}</ul></section>`;
}

function big(text: string): Html {
  return html`<code class="big">${text}</code>`;
}

/** Line breaks are part of it, so it is interpolated whole: the template trims only its own lines. */
function listing(text: string): Html {
  return html`<pre><code>${text}</code></pre>`;
}

const style = `
h2{text-wrap:balance}
.steps,.rows{list-style:none;margin:0;padding:0}
.rows>li{padding:12px 0;border-top:1px solid var(--line)}
.rows>li:last-child{padding-bottom:0}
.pair{display:flex;justify-content:space-between;align-items:baseline;gap:4px 16px;flex-wrap:wrap}
.links>.pair{align-items:center;padding:0}
.links a{display:inline-flex;align-items:center;min-height:48px}
.big{font-size:20px;font-weight:700;-webkit-user-select:all;user-select:all}
pre{margin:0;padding:12px;border:1px solid var(--line);border-radius:8px;background:var(--ground);white-space:pre-wrap;overflow-wrap:anywhere}
main .card{padding:20px 16px}
@media(min-width:860px){main .card{padding:24px}.wrap.two{gap:32px;grid-template-rows:auto 1fr}.side{grid-area:1/2/3/3}}
`.replaceAll('\n', '');
