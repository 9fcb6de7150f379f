// A refusal that leaves the order open: what happened, that no money moved, and what can be done now.

import { formatDong } from '../../../ground/money/index.ts';
import { type Html, html, type Page, renderPage } from '../../../ground/pages/index.ts';
import { texts } from '../texts/index.ts';
import { formatMoment } from './format.ts';
import { type ButtonLook, buttonForm, endPart, fact, icons, orderSummary } from './parts.ts';
import { checkoutScript } from './script.ts';
import type { RefusalCode, RefusalView } from './view-models.ts';

type Way = 'retry' | 'sign-out' | 'give-up';

/** The ways on, most promising first: the first is the page's one accent. Giving up is always the last. */
const waysOn: Record<RefusalCode, readonly Way[]> = {
  '04': ['give-up'],
  '09': ['sign-out', 'retry', 'give-up'],
  '10': ['retry', 'give-up'],
  '12': ['sign-out', 'retry', 'give-up'],
  '13': ['retry', 'sign-out', 'give-up'],
  '51': ['sign-out', 'retry', 'give-up'],
  '61': ['sign-out', 'give-up'],
  '65': ['sign-out', 'retry', 'give-up'],
  '75': ['retry', 'give-up'],
  '79': ['sign-out', 'retry', 'give-up'],
  '99': ['retry', 'give-up'],
};

export function refusalPage(view: RefusalView): Page {
  const { refusal: t, common } = texts[view.locale];
  const lines = refusalLines(view);
  const ways = usefulWays(view);
  const canStay = ways.some((way) => way !== 'give-up');
  const [first, ...others] = ways;
  return renderPage({
    ...view,
    title: `${lines.what} – ${view.order.shopName}`,
    columns: 'two',
    script: checkoutScript,
    body: html`${orderSummary(view, 'short')}
      <div class="stack"><section class="card stack">
      <h1 class="state bad">${icons.alert}<span>${lines.what}</span></h1>
      <p><strong>${common.noMoneyTaken}</strong> ${lines.why}</p>
      ${refusalFacts(view)}
      <p>${whatToDo(view, lines.todo)} ${canStay && t.stillOpen(formatMoment(view.order.expiresAt, view.now, view.locale))}</p>
      ${first !== undefined && wayForm(view, first, 'next')}
      ${first === 'give-up' && html`<p class="muted">${t.giveUpMeans}</p>`}
      ${others.map((way) => way !== 'give-up' && wayForm(view, way, 'plain'))}
      </section>
      ${others.includes('give-up') && endPart(view, 'give-up')}</div>`,
  });
}

/** When the same wallet can pay again; null: at once, or nobody knows. */
function worksFrom(view: RefusalView): Date | null {
  const from = view.code === '65' ? (view.limit?.resetsAt ?? null) : view.retryAt;
  return from !== null && from > view.now ? from : null;
}

/** One advice that fits the times: nobody is told to wait for what comes after the order's end. */
function whatToDo(view: RefusalView, todo: string): string {
  const { refusal: t } = texts[view.locale];
  const from = worksFrom(view);
  if (from === null) return todo;
  const moment = formatMoment(from, view.now, view.locale);
  if (from < view.order.expiresAt) return `${todo} ${t.tryAfter(moment)}`;
  return waysOn[view.code].includes('sign-out')
    ? `${t.tooLate(moment)} ${t.tooLateOther}`
    : `${t.tooLateHere(moment)} ${t.tooLateAgain}`;
}

/**
 * Leaves out actions that cannot help: another wallet when the shop's bounds refuse, a retry after the
 * order's end.
 */
function usefulWays(view: RefusalView): readonly Way[] {
  return possibleWays(view).filter((way) => way !== 'give-up' || view.mayEnd);
}

function possibleWays(view: RefusalView): readonly Way[] {
  if (isSiteLimit(view)) return ['give-up'];
  if (view.attemptsUsed) return ['sign-out', 'give-up'];
  const from = worksFrom(view);
  if (from === null) return waysOn[view.code];
  const ways = waysOn[view.code].filter((way) => way !== 'retry' || from < view.order.expiresAt);
  // An action that works only later does not come first while another works now.
  return ways.includes('sign-out') ? ['sign-out', ...ways.filter((way) => way !== 'sign-out')] : ways;
}

function wayForm(view: RefusalView, way: Way, look: ButtonLook): Html {
  const { refusal: t, common } = texts[view.locale];
  const label = {
    retry: t.retry,
    'sign-out': common.anotherWallet,
    'give-up': common.backToShop,
  };
  return buttonForm(view, way, label[way], look);
}

/** A limit says its own name where it has one; the shop's bounds are no fault of the wallet. */
function refusalLines(view: RefusalView): { what: string; why: string; todo: string } {
  const { refusal: t } = texts[view.locale];
  const lines = t.codes[view.code];
  if (isSiteLimit(view)) return t.siteLimit;
  if (view.attemptsUsed) return t.attemptsUsed;
  const kind = view.limit?.kind;
  if (kind === 'daily' || kind === 'monthly' || kind === 'confirmation')
    return { ...lines, what: t.over[kind] };
  return lines;
}

function isSiteLimit(view: RefusalView): boolean {
  return view.limit?.kind === 'site_max' || view.limit?.kind === 'site_min';
}

/** The numbers behind the refusal, for the buyer alone; the merchant gets the code. */
function refusalFacts(view: RefusalView): Html | null {
  const { refusal: t, common } = texts[view.locale];
  const { limit, balanceDong, traceId, order } = view;
  const rows: Html[] = [];
  if (limit !== null) {
    rows.push(fact(t.limits[limit.kind], formatDong(limit.limitDong)));
    if (limit.leftDong !== null) rows.push(fact(t.left, formatDong(limit.leftDong)));
    if (limit.resetsAt !== null)
      rows.push(fact(t.resets, formatMoment(limit.resetsAt, view.now, view.locale)));
  }
  if (balanceDong !== null) {
    rows.push(fact(t.balance, formatDong(balanceDong)));
    if (balanceDong < order.amountDong)
      rows.push(fact(t.missing, formatDong(order.amountDong - balanceDong)));
  }
  if (traceId !== null) rows.push(fact(common.traceId, traceId));
  return rows.length === 0 ? null : html`<dl class="facts">${rows}</dl>`;
}
