// /docs/problems/{slug}: the `type` of every problem is an address, and this is what it opens. One short page each.

import type { FastifyInstance } from 'fastify';
import type { Context } from '../../ground/context.ts';
import { ProblemError, type ProblemSlug, problems } from '../../ground/http/index.ts';
import { chooseLocale, html, pageHeaders, renderPage } from '../../ground/pages/index.ts';
import { responseMessage } from '../../ground/protocols/index.ts';
import { problemAdvice } from './problem-advice.ts';

export function registerProblemPages(app: FastifyInstance, context: Context): void {
  app.get<{ Params: { slug: string }; Querystring: { lang?: unknown } }>(
    '/docs/problems/:slug',
    async (request, reply) => {
      const { slug } = request.params;
      if (!isSlug(slug)) throw new ProblemError('not-found', { detail: 'there is no such problem' });
      const { status, code, title } = problems[slug];
      const locale = chooseLocale(request.query.lang, request.headers['accept-language']);
      const page = renderPage({
        locale,
        environment: 'live',
        operator: context.operator,
        title: slug,
        body: html`<section class="card stack">
        <h1>${responseMessage(code, locale)}</h1>
        <p>${problemAdvice[slug][locale]}</p>
        <dl class="facts">
        <div><dt><code>type</code></dt><dd><code>${slug}</code></dd></div>
        <div><dt><code>title</code></dt><dd><code lang="en">${title}</code></dd></div>
        <div><dt><code>status</code></dt><dd><code>${status}</code></dd></div>
        <div><dt><code>code</code></dt><dd><code>${code}</code></dd></div>
        </dl>
        </section>`,
      });
      return reply.headers(pageHeaders(page)).send(page.encode());
    },
  );
}

function isSlug(text: string): text is ProblemSlug {
  return Object.hasOwn(problems, text);
}
