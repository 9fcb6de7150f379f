// `vipay request …`: what the gateway refused, and why.

import type { Command } from 'commander';
import { findRefusedRequest } from '../src/business/requests/index.ts';
import { declare, group } from './command.ts';
import { notFound } from './faults.ts';
import { fields, moment } from './print.ts';

export function addRequestCommands(program: Command): void {
  const request = group(program, 'request', 'Requests that were refused');

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
        json: {
          trace_id: told.traceId,
          received_at: told.receivedAt,
          entry_point: told.entryPoint,
          method: told.method,
          remote_address: told.remoteAddress,
          merchant_site: told.merchantSite,
          code: told.code,
          detail: told.detail,
          received,
          repeated: told.repeated,
          repeated_until: told.repeatedUntil,
        },
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
