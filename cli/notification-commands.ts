// `vipay notification …`: results on their way to merchants, and sending one again.

import type { Command } from 'commander';
import {
  listAttempts,
  listNotifications,
  type Notification,
  type NotificationStatus,
  parseNotificationId,
  type ResendError,
  resendNotification,
} from '../src/business/notifications/index.ts';
import { formatOrderId, parseOrderId } from '../src/business/orders/index.ts';
import type { DbOrTx } from '../src/ground/database/index.ts';
import { choice, declare, group, reasonOption, text, whole } from './command.ts';
import { CliFault, notFound } from './faults.ts';
import { attemptTable, notificationJson } from './notification-text.ts';
import { fields, moment, table } from './print.ts';

const statuses: NotificationStatus[] = ['pending', 'delivered', 'exhausted', 'skipped'];

export function addNotificationCommands(program: Command): void {
  const notification = group(program, 'notification', 'Results sent to merchants (IPN)');

  declare<{ site?: string; status?: NotificationStatus; order?: string; limit: number; after?: string }>(
    notification,
    {
      usage: 'list',
      description: 'List notifications, oldest first',
      options: [
        text('--site <code>', 'only of this site'),
        choice('--status <status>', 'only in this state', statuses),
        text('--order <id>', 'only of this order (ord_…)'),
        whole('--limit <n>', 'at most so many', { from: 1, to: 500, fallback: 50 }),
        text('--after <id>', 'the next page: the last ntf_… of the former one'),
      ],
      notes:
        'pending: will be tried (again); exhausted: given up after all attempts; skipped: the site had no notify URL.',
      examples: [
        'npx vipay notification list --status exhausted',
        'npx vipay notification list --site shop_v1 --limit 10 --json',
      ],
      run: async ({ context }, _args, { site, status, order, limit, after }) => {
        const found = await listNotifications(context.db, {
          limit,
          ...(site === undefined ? {} : { merchantSite: site }),
          ...(status === undefined ? {} : { status }),
          ...(order === undefined ? {} : { orderId: readId(parseOrderId, order, 'ord_…') }),
          ...(after === undefined ? {} : { after: readId(parseNotificationId, after, 'ntf_…') }),
        });
        const rows = found.map((item) => [
          item.publicId,
          item.merchantSite,
          item.status,
          String(item.attempts),
          moment(item.nextAttemptAt) ?? '',
          formatOrderId(item.orderId),
        ]);
        const more = found.length === limit ? `\nMore: --after ${found.at(-1)?.publicId}` : '';
        return {
          json: found.map((item) => notificationJson(item)),
          text:
            found.length === 0
              ? 'There are no such notifications.'
              : table(['ID', 'SITE', 'STATUS', 'TRIED', 'NEXT ATTEMPT', 'ORDER'], rows, ['TRIED']) + more,
        };
      },
    },
  );

  declare(notification, {
    usage: 'show <id>',
    description: 'Show a notification with every attempt: what was sent, what came back',
    examples: ['npx vipay notification show ntf_019ab0c2d3e47f8091a2b3c4d5e6f708 --json'],
    run: async ({ context }, [given = '']) => {
      const id = readId(parseNotificationId, given, 'ntf_…');
      const found = await seekNotification(context.db, id);
      if (found === null) throw notFound('notification', given, '"vipay notification list" shows them.');
      const attempts = await listAttempts(context.db, id);
      const last = attempts.at(-1);
      return {
        json: notificationJson(found, attempts),
        text: [
          `Notification ${found.publicId} is ${found.status}.`,
          fields([
            ['order', formatOrderId(found.orderId)],
            ['site', `${found.merchantSite} (${found.environment})`],
            ['next attempt', moment(found.nextAttemptAt)],
            ['recorded', moment(found.createdAt)],
            ['ended', moment(found.endedAt)],
            ['last sent', last ? `${last.method} ${last.url}` : null],
            ['last answer', last?.responseBody],
          ]),
          ...attemptTable(attempts),
        ].join('\n'),
      };
    },
  });

  declare<{ reason?: string }>(notification, {
    usage: 'resend <id>',
    description: 'Send a result again now, with all attempts before it; the result stays what it was',
    notes:
      'Whatever its state. A running gateway sends it at once; without one it goes out at the next start.',
    options: [reasonOption()],
    examples: ['npx vipay notification resend ntf_019ab0c2d3e47f8091a2b3c4d5e6f708'],
    run: async ({ context, by }, [given = ''], { reason }) => {
      const id = readId(parseNotificationId, given, 'ntf_…');
      const done = await resendNotification(context, by, id, reason);
      if (!done.ok) throw refusal(done.error, given);
      return {
        json: notificationJson(done.notification),
        text: `Notification ${done.notification.publicId} is due now; "vipay notification show" tells how it went.`,
      };
    },
  });
}

function refusal(error: ResendError, given: string): CliFault {
  switch (error) {
    case 'notification_not_found':
      return notFound('notification', given, '"vipay notification list" shows them.');
    case 'notification_being_sent':
      return new CliFault(
        error,
        'An attempt is running at this moment: wait a minute and look at its outcome first.',
      );
    case 'site_has_no_notify_url':
      return new CliFault(
        error,
        'The site has no notify URL: "vipay site set CODE --notify-url URL" gives it one.',
      );
  }
}

function readId(parse: (text: string) => string | null, given: string, form: string): string {
  const id = parse(given);
  if (id === null)
    throw new CliFault(
      'id_malformed',
      `${JSON.stringify(given)} is no id of the form ${form} (32 hex digits).`,
      2,
    );
  return id;
}

/** Found by reading the page that begins just before it. */
async function seekNotification(db: DbOrTx, id: string): Promise<Notification | null> {
  const before = (BigInt(`0x${id.replaceAll('-', '')}`) - 1n).toString(16).padStart(32, '0');
  const [found] = await listNotifications(db, { after: before, limit: 1 });
  return found?.id === id ? found : null;
}
