// A browser on one order's checkout, over any of the gateways: cookies by their path, redirects followed, forms sent
// with what the page put into them. Tabs share the cookies, and each has a page of its own.

import { findForm } from '../support/visitor.ts';
import { type Answer, NoAnswer, type Web } from './web.ts';

export type PageKind =
  | 'sign_in'
  | 'confirm'
  | 'code'
  | 'refusal'
  | 'processing'
  | 'result'
  | 'away'
  | 'other';

export type Cookies = { name: string; value: string; path: string }[];

const redirectsMax = 5;

export class Tab {
  readonly #web: Web;
  readonly #cookies: Cookies;
  readonly #address: string;
  readonly #home: string;
  page: Answer | null = null;

  /** `path` is where the shop sent the browser; `home` the address that requests come from. */
  constructor(web: Web, given: { path: string; home: string; cookies?: Cookies }) {
    this.#web = web;
    this.#address = given.path;
    this.#home = given.home;
    this.#cookies = given.cookies ?? [];
  }

  /** Another tab of the same browser on the same order. */
  openTab(): Tab {
    return new Tab(this.#web, { path: this.#address, home: this.#home, cookies: this.#cookies });
  }

  open(): Promise<PageKind> {
    return this.#visit(this.#address);
  }

  reload(): Promise<PageKind> {
    return this.#visit(this.#address.split('?', 1)[0] ?? '');
  }

  /** Presses the button of a form; a connection that ends shows no page. */
  async press(step: string, typed: Record<string, string> = {}): Promise<PageKind> {
    const form = findForm(this.page?.body ?? '', `/${step}`);
    const body = new URLSearchParams({ ...form.fields, ...typed }).toString();
    const answer = await this.#send('POST', new URL(form.action, 'http://localhost').pathname, {
      step,
      body,
    });
    if (answer?.status === 303) return this.#visit(String(answer.headers.location));
    this.page = answer;
    return this.kind();
  }

  /** Which page this is, by what can be done on it. */
  kind(): PageKind {
    if (this.page === null || this.page.status === 503) return 'away';
    if (this.page.status !== 200) return 'other';
    const { body, headers } = this.page;
    const has = (step: string) => new RegExp(`<form[^>]*action="[^"]*/${step}"`).test(body);
    if (has('code')) return 'code';
    if (has('confirm')) return 'confirm';
    if (has('sign-in')) return 'sign_in';
    if (has('retry') || has('give-up') || has('sign-out') || has('cancel')) return 'refusal';
    const next = String(headers.refresh ?? '');
    return next.includes('/checkout/') ? 'processing' : 'result';
  }

  /** Whether the page has a button for it. */
  can(step: string): boolean {
    return new RegExp(`<form[^>]*action="[^"]*/${step}"`).test(this.page?.body ?? '');
  }

  async #visit(url: string): Promise<PageKind> {
    let next = url;
    for (let hops = 0; hops <= redirectsMax; hops += 1) {
      const { pathname, search } = new URL(next, 'http://localhost');
      this.page = await this.#send('GET', pathname + search, { step: 'page' });
      if (this.page === null || this.page.status < 300 || this.page.status >= 400) break;
      next = String(this.page.headers.location);
    }
    return this.kind();
  }

  async #send(method: 'GET' | 'POST', path: string, more: { step: string; body?: string }) {
    const onPath = (cookie: { path: string }) => {
      const target = path.split('?')[0] ?? '';
      return target === cookie.path || target.startsWith(cookie.path.replace(/\/?$/, '/'));
    };
    const cookie = this.#cookies.filter(onPath).map(({ name, value }) => `${name}=${value}`);
    const headers = {
      'x-forwarded-for': this.#home,
      ...(cookie.length === 0 ? {} : { cookie: cookie.join('; ') }),
      ...(more.body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    };
    const { body } = more;
    const request = { method, path, headers, kind: more.step, ...(body === undefined ? {} : { body }) };
    const answer = await this.#web.send(request).catch((error: unknown) => {
      if (error instanceof NoAnswer) return null;
      throw error;
    });
    for (const line of answer?.headers['set-cookie'] ?? []) this.#keep(line);
    return answer;
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const at = pair.indexOf('=');
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    const path = attributes.find((part) => /^path=/i.test(part))?.slice(5) ?? '/';
    const known = this.#cookies.findIndex((cookie) => cookie.name === name && cookie.path === path);
    if (known >= 0) this.#cookies.splice(known, 1);
    if (!attributes.some((part) => /^max-age=0$/i.test(part))) this.#cookies.push({ name, value, path });
  }
}
