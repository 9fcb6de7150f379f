// A shop and its buyer over plain HTTP: the order by REST, then the pages as a browser without scripts asks for them.

import http from 'node:http';

export type Answer = {
  status: number;
  location: string | null;
  /** The body as text. */
  readonly body: string;
  /** The body byte for byte, one character each: enough for what is written in ASCII. */
  readonly raw: string;
  /** Of the whole answer as it came over the connection: status line, headers and body. */
  wireBytes: number;
  bodyBytes: number;
};

export type Shop = { publicUrl: string; apiKey: string; agent: http.Agent };

let orderCount = 0;

/** Places an order of `amountDong` by REST; returns its checkout's address and its id. */
export async function placeOrder(
  shop: Shop,
  amountDong: number,
  locale: 'vi' | 'en' = 'vi',
): Promise<{ id: string; checkoutUrl: string }> {
  orderCount += 1;
  const reference = `B-${process.pid}-${orderCount}`;
  const body = JSON.stringify({
    merch_txn_ref: reference,
    order_no: reference,
    amount: String(amountDong),
    description: 'Sen đá và chậu gốm Bát Tràng',
    return_url: 'https://shop.example/ket-qua',
    locale,
  });
  const answer = await send(shop.agent, `${shop.publicUrl}/v3/orders`, {
    method: 'POST',
    body,
    headers: {
      authorization: `Bearer ${shop.apiKey}`,
      'idempotency-key': reference,
      'content-type': 'application/json',
    },
  });
  if (answer.status !== 201) throw new Error(`the order was answered ${answer.status}: ${answer.body}`);
  const order = JSON.parse(answer.body) as { id: string; checkout_url: string };
  return { id: order.id, checkoutUrl: order.checkout_url };
}

/** A browser on one order's checkout: keeps the cookies and the page it is on, follows redirects of the checkout. */
export class Buyer {
  readonly #agent: http.Agent;
  readonly #url: string;
  readonly #address: string | null;
  readonly #cookies = new Map<string, string>();
  page: Answer = { status: 0, location: null, body: '', raw: '', wireBytes: 0, bodyBytes: 0 };

  /** `address`: where the buyer is, as a trusted proxy tells the gateway. */
  constructor(agent: http.Agent, checkoutUrl: string, address: string | null = null) {
    this.#agent = agent;
    this.#url = checkoutUrl;
    this.#address = address;
  }

  /** As the shop sends the browser: the mark of arrival becomes a cookie. */
  open(): Promise<Answer> {
    return this.#visit(this.#url);
  }

  reload(): Promise<Answer> {
    return this.#visit(this.#url.split('?', 1)[0] ?? '');
  }

  /** Sends the form of one step with what the page put into it, and follows to the page after it. */
  async press(step: string, typed: Record<string, string> = {}): Promise<Answer> {
    const hidden = ['form_token', 'payment_id'].flatMap((name) => {
      const value = new RegExp(`name="${name}" value="([^"]+)"`).exec(this.page.raw)?.[1];
      return value === undefined ? [] : [[name, value] as [string, string]];
    });
    const body = new URLSearchParams([...hidden, ...Object.entries(typed)]).toString();
    const url = `${this.#url.split('?', 1)[0]}/${step}`;
    const answer = await this.#send(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    if (answer.status !== 303) throw new Error(`${step} was answered ${answer.status}`);
    return this.reload();
  }

  async #visit(url: string): Promise<Answer> {
    this.page = await this.#send(url, { method: 'GET' });
    if (this.page.status !== 303) return this.page;
    return this.#visit(new URL(this.page.location ?? '', url).href);
  }

  async #send(url: string, request: http.RequestOptions & { body?: string }): Promise<Answer> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = {
      ...request.headers,
      ...(cookie === '' ? {} : { cookie }),
      ...(this.#address === null ? {} : { 'x-forwarded-for': this.#address }),
    };
    return send(this.#agent, url, { ...request, headers }, (line) => {
      const [pair = ''] = line.split(';', 1);
      const at = pair.indexOf('=');
      const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    });
  }
}

export function send(
  agent: http.Agent,
  url: string,
  { body, ...options }: http.RequestOptions & { body?: string },
  onCookie: (line: string) => void = () => undefined,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { ...options.headers, ...(body ? { 'content-length': Buffer.byteLength(body) } : {}) };
    const request = http.request(url, { ...options, headers, agent }, (response) => {
      const { socket } = response;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        for (const line of response.headers['set-cookie'] ?? []) onCookie(line);
        const bytes = Buffer.concat(chunks);
        resolve({
          status: response.statusCode ?? 0,
          location: response.headers.location ?? null,
          get body() {
            return bytes.toString();
          },
          get raw() {
            return bytes.toString('latin1');
          },
          // Exact for a connection of its own (an agent that keeps none); meaningless for a shared one.
          wireBytes: socket.bytesRead,
          bodyBytes: bytes.length,
        });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}
