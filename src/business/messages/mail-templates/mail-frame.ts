// The form of every mail: plain text, and HTML with the colours of our pages. Nothing is loaded from anywhere, and a
// reader without HTML has the same words.

import { darkTokens, type Html, html, lightTokens, raw } from '../../../ground/pages/index.ts';
import type { Locale, Operator } from '../../../ground/terms.ts';
import type { MailBlock, MailContent } from './mail-content.ts';

export type RenderedMail = { subject: string; text: string; html: string };

type Frame = { locale: Locale; operator: Operator | null };

const words = {
  vi: { runBy: 'Dịch vụ thanh toán của', help: 'Hỗ trợ', automatic: 'Thư tự động, vui lòng không trả lời.' },
  en: {
    runBy: 'A payment service of',
    help: 'Help',
    automatic: 'This mail is automatic: please do not reply.',
  },
};

export function renderMail(content: MailContent, frame: Frame): RenderedMail {
  return { subject: content.subject, text: toText(content, frame), html: toHtml(content, frame) };
}

function toText(content: MailContent, frame: Frame): string {
  const parts = [content.heading, ...content.blocks.map(blockText), '-- ', footLines(frame).join('\n')];
  // The line that parts a signature off has its text directly below (RFC 3676, 4.3).
  return `${parts.join('\n\n').replace('-- \n\n', '-- \n')}\n`;
}

function blockText(block: MailBlock): string {
  if ('text' in block) return block.text;
  if ('advice' in block) return block.advice;
  if ('action' in block) return `${block.action}:\n${block.href}`;
  return block.facts.map(([name, value]) => `${name}: ${value}`).join('\n');
}

function footLines({ locale, operator }: Frame): string[] {
  const t = words[locale];
  const contact = operator?.contact ? ` ${t.help}: ${operator.contact}.` : '';
  return [operator === null ? 'viPay' : `viPay. ${t.runBy} ${operator.name}.${contact}`, t.automatic];
}

const { ink, muted, line, paper, ground, accent, 'on-accent': onAccent } = lightTokens;
const dark = darkTokens;

// Colours stand in the elements, because some mail programs drop style sheets; the sheet is for dark schemes alone.
const darkStyle = raw(
  `:root{color-scheme:light dark}@media (prefers-color-scheme:dark){.ground{background:${dark.ground}!important}` +
    `.paper{background:${dark.paper}!important;border-color:${dark.line}!important}.ink{color:${dark.ink}!important}` +
    `.muted{color:${dark.muted}!important}.accent{color:${dark.accent}!important}` +
    `.button{background:${dark.accent}!important;color:${dark['on-accent']}!important}}`,
);

function toHtml(content: MailContent, frame: Frame): string {
  const page = html`<!doctype html>
    <html lang="${frame.locale}"><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width,initial-scale=1">
    <meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
    <title>${content.subject}</title><style>${darkStyle}</style></head>
    <body class="ground" style="margin:0;background:${ground}">
    <div class="ground" style="padding:24px 16px;background:${ground};font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif">
    <div class="paper" style="max-width:560px;margin:0 auto;padding:24px;background:${paper};border:1px solid ${line};border-radius:8px">
    <p class="accent" style="margin:0 0 16px;color:${accent};font-weight:700" translate="no">viPay</p>
    <h1 class="ink" style="margin:0 0 16px;color:${ink};font-size:24px;line-height:1.3">${content.heading}</h1>
    ${content.blocks.map(blockHtml)}
    </div>
    <p class="muted" style="max-width:560px;margin:16px auto 0;color:${muted};font-size:14px">${footLines(frame).map((text, at) => html`${at > 0 && html`<br>`}${text}`)}</p>
    </div></body></html>`;
  return page.markup;
}

function blockHtml(block: MailBlock): Html {
  if ('text' in block) return html`<p class="ink" style="margin:0 0 16px;color:${ink}">${block.text}</p>`;
  if ('advice' in block) {
    return html`<p class="muted" style="margin:16px 0 0;color:${muted};font-size:14px">${block.advice}</p>`;
  }
  if ('facts' in block) {
    return html`<p class="ink" style="margin:0 0 16px;color:${ink}">${block.facts.map(
      ([name, value], at) =>
        html`${at > 0 && html`<br>`}<span class="muted" style="color:${muted}">${name}:</span> <bdi>${value}</bdi>`,
    )}</p>`;
  }
  // The address stands below in words, for who wants to see where a button leads, or cannot press it.
  return html`<p style="margin:0 0 8px"><a class="button" href="${block.href}" style="display:inline-block;padding:12px 20px;border-radius:8px;background:${accent};color:${onAccent};font-weight:700;text-decoration:none">${block.action}</a></p>
    <p class="muted" style="margin:0 0 16px;color:${muted};font-size:14px;word-break:break-all">${block.href}</p>`;
}
