// A browser without a screen: keeps cookies by their path, sends forms with their hidden fields, and follows
// redirects only when told to. Drives an app through fastify's inject.

import type { FastifyInstance, LightMyRequestResponse } from 'fastify';

type Cookie = { name: string; value: string; path: string };

export type Visitor = {
  get(url: string, headers?: Record<string, string>): Promise<LightMyRequestResponse>;
  post(
    url: string,
    fields: Record<string, string> | string,
    headers?: Record<string, string>,
  ): Promise<LightMyRequestResponse>;
  /** GET, following redirects on this host, at most five. */
  visit(url: string): Promise<LightMyRequestResponse>;
  /** Fills in the form that posts to an address ending with `action` on the last page seen, and sends it; shows what comes. */
  submit(action: string, fields?: Record<string, string>): Promise<LightMyRequestResponse>;
  /** The same without following the answer. */
  send(action: string, fields?: Record<string, string>): Promise<LightMyRequestResponse>;
  /** The last page seen. */
  page: string;
  cookies: Cookie[];
};

const redirectsMax = 5;

export function createVisitor(app: FastifyInstance, remoteAddress = '127.0.0.1'): Visitor {
  const cookieHeader = (url: string): Record<string, string> => {
    const path = url.split('?')[0] ?? '';
    const sent = visitor.cookies.filter(
      (cookie) => path === cookie.path || path.startsWith(`${cookie.path}/`),
    );
    return sent.length === 0 ? {} : { cookie: sent.map(({ name, value }) => `${name}=${value}`).join('; ') };
  };
  const keep = (response: LightMyRequestResponse) => {
    for (const cookie of response.cookies) {
      const path = cookie.path ?? '/';
      visitor.cookies = visitor.cookies.filter((known) => known.name !== cookie.name || known.path !== path);
      if (cookie.maxAge !== 0) visitor.cookies.push({ name: cookie.name, value: cookie.value, path });
    }
    if (String(response.headers['content-type']).startsWith('text/html')) visitor.page = response.body;
    return response;
  };
  const local = (url: string) => {
    const parsed = new URL(url, 'http://localhost');
    return parsed.pathname + parsed.search;
  };

  const visitor: Visitor = {
    page: '',
    cookies: [],
    async get(url, headers = {}) {
      const path = local(url);
      return keep(
        await app.inject({
          method: 'GET',
          url: path,
          remoteAddress,
          headers: { ...cookieHeader(path), ...headers },
        }),
      );
    },
    async post(url, fields, headers = {}) {
      const path = local(url);
      const payload = typeof fields === 'string' ? fields : new URLSearchParams(fields).toString();
      const form = { 'content-type': 'application/x-www-form-urlencoded' };
      return keep(
        await app.inject({
          method: 'POST',
          url: path,
          remoteAddress,
          payload,
          headers: { ...form, ...cookieHeader(path), ...headers },
        }),
      );
    },
    async visit(url) {
      let response = await visitor.get(url);
      for (
        let hop = 0;
        hop < redirectsMax && response.statusCode >= 300 && response.statusCode < 400;
        hop++
      ) {
        response = await visitor.get(String(response.headers.location));
      }
      return response;
    },
    async send(action, fields = {}) {
      const form = findForm(visitor.page, action);
      return visitor.post(form.action, { ...form.fields, ...fields });
    },
    async submit(action, fields = {}) {
      const response = await visitor.send(action, fields);
      return response.statusCode === 303 ? visitor.visit(String(response.headers.location)) : response;
    },
  };
  return visitor;
}

/** The hidden fields and the address of a form, from the page's markup. */
export function findForm(markup: string, action: string): { action: string; fields: Record<string, string> } {
  for (const [, attributes = '', inside = ''] of markup.matchAll(/<form([^>]*)>([\s\S]*?)<\/form>/g)) {
    const address = /action="([^"]*)"/.exec(attributes)?.[1] ?? '';
    if (!address.endsWith(action)) continue;
    const hidden = [...inside.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]) => [
      /name="([^"]*)"/.exec(input)?.[1] ?? '',
      /value="([^"]*)"/.exec(input)?.[1] ?? '',
    ]);
    return { action: address, fields: Object.fromEntries(hidden) };
  }
  throw new Error(`the page has no form that posts to …${action}`);
}
