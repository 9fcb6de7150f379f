// `vipay site …`: merchant sites, their settings and their keys.

import type { Command } from 'commander';
import {
  activateSite,
  describeSite,
  findSite,
  listSiteKeys,
  listSites,
  type MerchantSite,
  rotateSiteKey,
  type SiteKeyKind,
  suspendSite,
  updateSite,
} from '../src/business/merchants/index.ts';
import type { Environment } from '../src/ground/terms.ts';
import { choice, declare, environments, group, readReason, reasonOption, text, whole } from './command.ts';
import { CliFault, notFound } from './faults.ts';
import type { Gateway } from './gateway.ts';
import { type Answer, table, yesOrNo } from './print.ts';
import { addSiteCreateCommand } from './site-create-command.ts';
import {
  given,
  type ResultOptions,
  readKeyFile,
  readList,
  readResultOptions,
  refusal,
  resultOptions,
} from './site-settings.ts';
import { describeAgreement, showCredentials, showSite } from './site-text.ts';

export function addSiteCommands(program: Command): void {
  const site = group(
    program,
    'site',
    'Merchant sites (điểm chấp nhận thanh toán): make, look, change, rotate keys',
  );

  addSiteCreateCommand(site);

  declare<{ environment?: Environment; limit: number; after?: string }>(site, {
    usage: 'list',
    description: 'List merchant sites by code',
    options: [
      choice('--environment <name>', 'only this environment (default: both)', environments),
      whole('--limit <n>', 'at most so many', { from: 1, to: 500, fallback: 50 }),
      text('--after <code>', 'the next page: the last code of the former one'),
    ],
    examples: ['npx vipay site list', 'npx vipay site list --environment live --json'],
    run: listAllSites,
  });

  declare(site, {
    usage: 'show <code>',
    description:
      'Show a site: settings, addresses, public keys, which keys are valid until when (no secrets)',
    examples: ['npx vipay site show shop_v1', 'npx vipay site show shop_v2 --json'],
    run: async ({ context }, [code = '']) => {
      const found = await getSite({ context }, code);
      const keys = await listSiteKeys(context.db, code);
      const credentials = await describeSite(context, found);
      return {
        json: { ...credentials, ...describeAgreement(found), keys: keys.map(keyJson) },
        text: showSite(found, credentials, keys),
      };
    },
  });

  declare<{
    overlapHours: number;
    only?: keyof typeof keyNames;
    merchantPublicKey?: string;
    reason?: string;
  }>(site, {
    usage: 'rotate-key <code>',
    description: 'Give a site new keys; the former ones stay valid for the overlap',
    options: [
      whole('--overlap-hours <n>', 'how long the former keys stay valid; 0: not at all', {
        from: 0,
        to: 2160,
        fallback: 168,
      }),
      choice('--only <key>', 'only this key (default: all keys of the site)', Object.keys(keyNames)),
      text(
        '--merchant-public-key <file>',
        "classic-v2: take the merchant's new public key (PEM, XML or JWK; - for standard input)",
      ),
      reasonOption(),
    ],
    notes: 'A key that was disclosed: --overlap-hours 0 ends it at once.',
    examples: [
      'npx vipay site rotate-key shop_v1',
      'npx vipay site rotate-key shop_rest --only api-key --overlap-hours 24',
      'npx vipay site rotate-key shop_v2 --merchant-public-key new-key.pem',
    ],
    run: async ({ context, by }, [code = ''], options) => {
      const rotated = await rotateSiteKey(context, by, code, {
        overlapSeconds: options.overlapHours * 3600,
        ...(options.only === undefined ? {} : { kinds: [keyNames[options.only]] }),
        ...readKeyFile(options.merchantPublicKey),
        ...readReason(options),
      });
      if (!rotated.ok) throw refusal(rotated.error, code);
      const { credentials, formerValidUntil } = rotated;
      const until = options.overlapHours === 0 ? null : formerValidUntil;
      return {
        json: { ...credentials, former_keys_valid_until: until },
        text: showCredentials(credentials, { rotatedUntil: until }),
      };
    },
  });

  declare<
    ResultOptions & {
      name?: string;
      returnUrl?: string;
      notifyUrl?: string;
      returnSchemes?: string;
      returnHosts?: string;
      protocolEnabled?: 'yes' | 'no';
      reason?: string;
    }
  >(site, {
    usage: 'set <code>',
    description:
      'Change the name, the URLs, the return addresses or the results of a site, or switch its protocol off and on',
    options: [
      text('--name <name>', 'shown to buyers'),
      text('--return-url <url>', 'where buyers go back; "" takes it away'),
      text('--notify-url <url>', 'where results are sent; "" takes it away'),
      text('--return-schemes <list>', 'schemes of the merchant\'s own apps that buyers go back to; "": none'),
      text('--return-hosts <list>', 'the only hosts buyers go back to; "": any'),
      ...resultOptions(),
      choice('--protocol-enabled <answer>', 'whether the site takes orders in its protocol', ['yes', 'no']),
      reasonOption(),
    ],
    examples: [
      'npx vipay site set shop_rest --notify-url https://shop.example/ipn',
      'npx vipay site set shop_rest --return-schemes myshop --return-hosts shop.example,*.shop.example',
      'npx vipay site set shop_v1 --protocol-enabled no',
    ],
    run: async ({ context, by }, [code = ''], { protocolEnabled, reason, ...change }) => {
      if (
        protocolEnabled === undefined &&
        Object.values(change).every((value) => typeof value !== 'string')
      ) {
        throw new CliFault(
          'nothing_to_change',
          'Nothing to change was given: see "vipay site set --help".',
          2,
        );
      }
      const { name, returnUrl, notifyUrl } = change;
      const returnSchemes = readList(change.returnSchemes);
      const returnHosts = readList(change.returnHosts);
      const settings = given({
        ...{ name, returnUrl, notifyUrl, returnSchemes, returnHosts },
        protocolEnabled: protocolEnabled === undefined ? undefined : protocolEnabled === 'yes',
      });
      const all = { ...settings, ...readResultOptions(change) };
      const done = await updateSite(context, by, code, all, reason);
      if (!done.ok) throw refusal(done.error, code);
      return changed({ context }, done.site, `Changed site ${code}.`);
    },
  });

  const switches = [
    [
      'suspend',
      suspendSite,
      'Suspend a site: new orders are refused (04), open ones can no longer be paid',
      'is suspended',
    ],
    ['activate', activateSite, 'Take the suspension of a site back', 'is active again'],
  ] as const;
  for (const [name, act, description, outcome] of switches) {
    declare<{ reason?: string }>(site, {
      usage: `${name} <code>`,
      description,
      options: [reasonOption()],
      examples: [`npx vipay site ${name} shop_v1`],
      run: async ({ context, by }, [code = ''], { reason }) => {
        const done = await act(context, by, code, reason);
        if (!done.ok) throw refusal(done.error, code);
        const stays =
          name === 'activate' && !done.site.active ? ' Its merchant is still suspended, though.' : '';
        return changed({ context }, done.site, `Site ${code} ${outcome}.${stays}`);
      },
    });
  }
}

async function listAllSites(
  { context }: Gateway,
  _args: string[],
  options: { environment?: Environment; limit: number; after?: string },
): Promise<Answer> {
  const { limit, environment, after } = options;
  const sites = await listSites(context.db, { limit, ...given({ environment, after }) });
  const rows = sites.map((site) => [
    site.merchantSite,
    site.environment,
    site.protocol,
    `${site.active ? 'active' : 'suspended'}${site.protocolEnabled ? '' : ', protocol off'}`,
    site.name,
    site.merchantName,
    yesOrNo(site.notifyUrl !== null),
  ]);
  const more = sites.length === limit ? `\nMore: --after ${sites.at(-1)?.merchantSite}` : '';
  return {
    json: sites.map((site) => ({
      merchant_site: site.merchantSite,
      environment: site.environment,
      protocol: site.protocol,
      name: site.name,
      merchant_id: site.merchantId,
      merchant_name: site.merchantName,
      ...describeAgreement(site),
    })),
    text:
      sites.length === 0
        ? 'There are no sites here yet: "vipay site create" makes one.'
        : table(['SITE', 'ENVIRONMENT', 'PROTOCOL', 'STATUS', 'NAME', 'MERCHANT', 'NOTIFIED'], rows) + more,
  };
}

const keyNames = {
  secret: 'v1_secret',
  'gateway-key': 'v2_gateway_key',
  'merchant-key': 'v2_merchant_key',
  'api-key': 'rest_api_key',
  'webhook-secret': 'webhook_secret',
} as const satisfies Record<string, SiteKeyKind>;

async function getSite({ context }: Pick<Gateway, 'context'>, code: string): Promise<MerchantSite> {
  const found = await findSite(context.db, code);
  if (found === null) throw notFound('site', code, '"vipay site list" shows all of them.');
  return found;
}

async function changed(
  { context }: Pick<Gateway, 'context'>,
  site: MerchantSite,
  said: string,
): Promise<Answer> {
  return { json: { ...(await describeSite(context, site)), ...describeAgreement(site) }, text: said };
}

function keyJson(key: Awaited<ReturnType<typeof listSiteKeys>>[number]) {
  const { kind, status, createdAt, expiresAt, fingerprint } = key;
  return { kind, status, created_at: createdAt, expires_at: expiresAt, fingerprint };
}
