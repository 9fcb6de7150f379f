// `vipay request …`: what the gateway refused, and why.

import type { Command } from 'commander';
import {
  findRefusedRequest,
  listRefusedRequests,
  type RefusedRequest,
} from '../src/business/requests/index.ts';
import { declare, group, text, whole } from './command.ts';
import { CliFault, notFound } from './faults.ts';
import { fields, moment, table } from './print.ts';

export function addRequestCommands(program: Command): void {
  const request = group(program, 'request', 'Requests that were refused');

  declare<{ site?: string; code?: string; limit: number; before?: string }>(request, {
    usage: 'list',
    description: 'List refused requests, newest first',
    options: [
      text('--site <code>', 'only of this site, as the request named it'),
      text('--code <code>', 'only with this response code, such as 97'),
      whole('--limit <n>', 'at most so many', { from: 1, to: 500, fallback: 50 }),
      text('--before <trace>', 'the next page: the last trace id of the former one'),
    ],
    examples: ['npx vipay request list', 'npx vipay request list --site shop_v1 --code 97 --limit 10'],
    run: async ({ context }, _args, { site, code, limit, before }) => {
      const last = before === undefined ? null : await findRefusedRequest(context.db, before);
      if (before !== undefined && last === null) {
        throw notFound('request', before, 'Begin again without --before: it may have been trimmed.');
      }
      if (code !== undefined && !/^\d{2}$/.test(code)) {
        throw new CliFault('code_malformed', '--code is a response code of two digits, such as 97.', 2);
      }
      const found = await listRefusedRequests(context.db, {
        limit,
        ...(site === undefined ? {} : { merchantSite: site }),
        ...(code === undefined ? {} : { code }),
        ...(last === null ? {} : { before: last.receivedAt }),
      });
      const more = found.length === limit ? `\nMore: --before ${found.at(-1)?.traceId}` : '';
      return {
        json: found.map(requestJson),
        text:
          found.length === 0
            ? 'No request was refused, as far back as refusals are kept (30 days).'
            : table(
                ['TRACE', 'RECEIVED', 'BY', 'SITE', 'CODE', 'DETAIL', 'AND MORE'],
                found.map((item) => [
                  item.traceId,
                  moment(item.receivedAt),
                  item.entryPoint,
                  item.merchantSite ?? '',
                  item.code,
                  item.detail,
                  item.repeated > 0n ? String(item.repeated) : '',
                ]),
                ['AND MORE'],
              ) + more,
      };
    },
  });

  declare(request, {
    usage: 'show <trace>',
    description: 'Show a refused request by the trace id that its answer named',
    notes:
      'Secrets, signatures and personal data are masked. The log keeps the newest 100.000 refusals, 30 days at most, and of a flood from one\naddress the first of each minute with the number of the others;\nrequests that were accepted are not in it (see "vipay order show").',
    examples: ['npx vipay request show 5f0c2a9e6d3b4c18', 'npx vipay request show 5f0c2a9e6d3b4c18 --json'],
    run: async ({ context }, [trace = '']) => {
      const found = await findRefusedRequest(context.db, trace);
      if (found === null) {
        throw notFound(
          'request',
          trace,
          'Only refused requests are kept, for 30 days, and of a flood from one address the first of each minute; was it accepted, or longer ago?',
        );
      }
      const { received, ...told } = found;
      return {
        json: requestJson(found),
        text: [
          `Refused with ${told.code}: ${fields([['', told.detail]]).trim()}`,
          fields([
            ['trace', told.traceId],
            ['received at', moment(told.receivedAt)],
            ['came in by', `${told.method} ${told.entryPoint}`],
            ['from', told.remoteAddress],
            ['site', told.merchantSite],
            [
              'and then',
              told.repeatedUntil &&
                `${told.repeated} more like it until ${moment(told.repeatedUntil)}, not written down`,
            ],
          ]),
          'Received fields:',
          fields(Object.entries(received)) || '  none',
        ].join('\n'),
      };
    },
  });
}

function requestJson(found: RefusedRequest) {
  return {
    trace_id: found.traceId,
    received_at: found.receivedAt,
    entry_point: found.entryPoint,
    method: found.method,
    remote_address: found.remoteAddress,
    merchant_site: found.merchantSite,
    code: found.code,
    detail: found.detail,
    received: found.received,
    repeated: found.repeated,
    repeated_until: found.repeatedUntil,
  };
}
