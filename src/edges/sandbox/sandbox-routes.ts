// The demo's addresses: /, /sandbox/inbox and /shop. Registered only while the demo is on, and they know the
// sandbox alone.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { listSandboxMessages, type Message } from '../../business/messages/index.ts';
import { parsePhone } from '../../business/wallets/index.ts';
import type { Context } from '../../ground/context.ts';
import { encodeProblem, ProblemError } from '../../ground/http/index.ts';
import { parseMailAddress } from '../../ground/mail/index.ts';
import { chooseLocale, pageHeaders } from '../../ground/pages/index.ts';
import { findCode, inboxPage, inboxPath } from './inbox-page.ts';
import { registerShopProxy } from './shop-proxy.ts';
import { startPage, startPath } from './start-page.ts';

export type SandboxOptions = {
  /** Where the demo shop listens; null while it does not. Asked for every request. */
  shopUrl: () => string | null;
};

const refreshSeconds = 3;
const messagesShownMax = 20;

export function registerSandbox(app: FastifyInstance, context: Context, options: SandboxOptions): void {
  app.get(startPath, async (request, reply) => {
    const { publicUrl, operator } = context;
    const page = startPage({ locale: localeOf(request), publicUrl, operator });
    return reply.headers(pageHeaders(page)).send(page.encode());
  });
  app.get(inboxPath, async (request, reply) => {
    reply.header('vary', 'accept');
    const { accept = '' } = request.headers;
    const wantsJson = accept.includes('application/json') && !accept.includes('text/html');
    return wantsJson ? answerInboxJson(context, request, reply) : answerInboxPage(context, request, reply);
  });
  app.get(`${inboxPath}.json`, async (request, reply) => answerInboxJson(context, request, reply));
  registerShopProxy(app, options.shopUrl);
}

async function answerInboxPage(context: Context, request: FastifyRequest, reply: FastifyReply) {
  const filter = readPhone(request);
  const live = filter.ok && queryOf(request).live !== '0';
  const page = inboxPage({
    locale: localeOf(request),
    operator: context.operator,
    phone: filter.ok ? (filter.phone ?? '') : filter.typed,
    phoneMalformed: !filter.ok,
    live,
    publicUrl: context.publicUrl,
    messages: filter.ok
      ? await listSandboxMessages(context, {
          ...(filter.phone === null ? {} : { phone: filter.phone }),
          limit: messagesShownMax,
        })
      : [],
  });
  return reply
    .code(filter.ok ? 200 : 400)
    .headers(pageHeaders(page, live ? { afterSeconds: refreshSeconds } : null))
    .send(page.encode());
}

/** { data: [{ id, phone | mail, purpose, subject, text, code, created_at }] }, newest first, at most 100. */
async function answerInboxJson(context: Context, request: FastifyRequest, reply: FastifyReply) {
  reply.header('cache-control', 'no-store');
  const filter = readPhone(request);
  const mailAddress = readMailAddress(request);
  if (mailAddress === undefined) return refuse(context, request, reply, 'mail', 'mail: one address, once');
  if (!filter.ok) {
    const detail = 'phone: 10 digits starting with 0 (or +84 and 9 digits), once';
    return refuse(context, request, reply, 'phone', detail);
  }
  const messages = await listSandboxMessages(context, {
    ...(filter.phone === null ? {} : { phone: filter.phone }),
    ...(mailAddress === null ? {} : { mailAddress }),
  });
  return reply.send({ data: messages.map(toJson) });
}

function refuse(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  field: string,
  detail: string,
) {
  const problem = new ProblemError('malformed-request', { detail, errors: [{ field, detail }] });
  return reply
    .code(problem.status)
    .header('content-type', 'application/problem+json')
    .send(encodeProblem(problem, { publicUrl: context.publicUrl, traceId: request.id }));
}

function toJson(message: Message) {
  return {
    id: message.id,
    ...(message.channel === 'sms'
      ? { phone: message.recipient }
      : { mail: message.recipient, subject: message.subject }),
    purpose: message.purpose,
    text: message.text,
    code: findCode(message),
    created_at: message.createdAt.toISOString(),
  };
}

type PhoneFilter = { ok: true; phone: string | null } | { ok: false; typed: string };

/** Missing or empty: no filter. */
function readPhone(request: FastifyRequest): PhoneFilter {
  const { phone } = queryOf(request);
  if (phone === undefined || phone === '') return { ok: true, phone: null };
  if (typeof phone !== 'string') return { ok: false, typed: '' };
  // "+84…" in an address that was typed by hand: the plus arrives as a space.
  const parsed = parsePhone(phone.replace(/^ (?=84)/, '+'));
  return parsed === null ? { ok: false, typed: phone.slice(0, 24) } : { ok: true, phone: parsed };
}

/** Null: no filter; undefined: none that can be read. */
function readMailAddress(request: FastifyRequest): string | null | undefined {
  const { mail } = queryOf(request);
  if (mail === undefined || mail === '') return null;
  return typeof mail === 'string' ? (parseMailAddress(mail) ?? undefined) : undefined;
}

function queryOf(request: FastifyRequest): Record<string, unknown> {
  return (request.query ?? {}) as Record<string, unknown>;
}

function localeOf(request: FastifyRequest) {
  return chooseLocale(queryOf(request).lang, request.headers['accept-language']);
}
