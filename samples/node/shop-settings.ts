// The shop's settings: JSON in VIPAY_SHOP_CONFIG (the text itself, or the path of a file). Read once at the start;
// all faults are reported together.

import { readFileSync } from 'node:fs';
import type { AmountUnit, ResultWords } from './classic-fields.ts';
import type { RestSite } from './vipay-rest.ts';
import type { V1Site } from './vipay-v1.ts';
import { readRsaKey, type V2Site } from './vipay-v2.ts';

export type Protocol = 'classic-v1' | 'classic-v2' | 'rest';

export const protocols: Protocol[] = ['classic-v1', 'classic-v2', 'rest'];

/** The credentials of each dialect this shop speaks; at least one. */
export type Sites = { 'classic-v1'?: V1Site; 'classic-v2'?: V2Site; rest?: RestSite };

export type ShopSettings = {
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** Where the buyer's browser finds the shop; its path is the prefix of every route. No slash at the end. */
  publicUrl: string;
  /** Where the buyer's browser, and this server, find the gateway. No path. */
  gatewayUrl: string;
  sites: Sites;
  /** A JSON file that keeps the orders; null keeps them in memory. */
  dataFile: string | null;
};

/** Reads the environment; throws one error that lists every fault. */
export function readShopSettings(environment: Record<string, string | undefined>): ShopSettings {
  const given = environment.VIPAY_SHOP_CONFIG?.trim();
  if (!given) throw new Error('VIPAY_SHOP_CONFIG is not set: give it JSON, or the path of a JSON file');
  const json: unknown = JSON.parse(given.startsWith('{') ? given : readFileSync(given, 'utf8'));
  return parseShopSettings(json, environment.VIPAY_SHOP_DATA || null);
}

/** From parsed JSON; throws one error that lists every fault. */
export function parseShopSettings(json: unknown, dataFile: string | null): ShopSettings {
  const faults: string[] = [];
  const config = isRecord(json) ? json : {};
  const port = config.port ?? 0;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65_535) {
    faults.push('port: a whole number from 0 to 65535');
  }
  const publicUrl = readUrl(config.publicUrl, 'publicUrl', faults);
  const gatewayUrl = readUrl(config.gatewayUrl, 'gatewayUrl', faults);
  const sites: Sites = {};
  const list = Array.isArray(config.sites) ? config.sites : [];
  if (list.length === 0) faults.push('sites: at least one');
  for (const [index, site] of list.entries()) {
    readSite(isRecord(site) ? site : {}, gatewayUrl, sites, `sites[${index}]`, faults);
  }
  if (faults.length > 0) throw new Error(`the shop's settings have faults:\n- ${faults.join('\n- ')}`);
  const host = typeof config.host === 'string' ? config.host : '127.0.0.1';
  return { host, port: Number(port), publicUrl, gatewayUrl, sites, dataFile };
}

/** How the operator has set up the site's results, in the words of `vipay site create --json`. */
function readResultWords(site: Record<string, unknown>, at: string, faults: string[]): ResultWords {
  const { result_names: names = 'plain', result_amount: amount, result_codes: codes = {} } = site;
  if (names !== 'plain' && names !== 'prefixed') faults.push(`${at}.result_names: plain or prefixed`);
  if (amount !== undefined && amount !== 'dong' && amount !== 'as_received')
    faults.push(`${at}.result_amount: dong or as_received`);
  const isTable = isRecord(codes) && Object.values(codes).every((word) => typeof word === 'string');
  if (!isTable) faults.push(`${at}.result_codes: words by code, such as {"24": "PAY-0028"}`);
  return {
    ...(names === 'prefixed' ? { resultPrefix: 'vipay_' } : {}),
    ...(amount === undefined ? {} : { resultAmount: amount as 'dong' | 'as_received' }),
    resultCodes: isTable ? (codes as Record<string, string>) : {},
  };
}

function readSite(
  site: Record<string, unknown>,
  gatewayUrl: string,
  sites: Sites,
  at: string,
  faults: string[],
) {
  const text = (name: string) => {
    const value = site[name];
    if (typeof value === 'string' && value !== '') return value;
    faults.push(`${at}.${name}: text`);
    return '';
  };
  const merchantSite = text('merchant_site');
  const unit = site.amount_unit ?? 'hundredths';
  if (unit !== 'hundredths' && unit !== 'dong') faults.push(`${at}.amount_unit: hundredths or dong`);
  const told = readResultWords(site, at, faults);
  const classic = { merchantSite, gatewayUrl, amountUnit: unit as AmountUnit, ...told };
  switch (site.protocol) {
    case 'classic-v1':
      sites['classic-v1'] = { ...classic, accessCode: text('access_code'), secret: text('secret') };
      return;
    case 'classic-v2': {
      const key = (kind: 'public' | 'private', name: string) => {
        try {
          return readRsaKey(kind, text(name));
        } catch {
          faults.push(`${at}.${name}: an RSA key as PEM or .NET XML`);
          return null;
        }
      };
      const merchantPrivateKey = key('private', 'merchantPrivateKey');
      const gatewayPublicKey = key('public', 'gatewayPublicKey');
      const accessCode = text('access_code');
      if (!merchantPrivateKey || !gatewayPublicKey) return;
      sites['classic-v2'] = { ...classic, accessCode, merchantPrivateKey, gatewayPublicKey };
      return;
    }
    case 'rest':
      sites.rest = {
        ...{ merchantSite, gatewayUrl, apiKey: text('apiKey'), webhookSecret: text('webhookSecret') },
        ...(told.resultPrefix === undefined ? {} : { resultPrefix: told.resultPrefix }),
      };
      return;
    default:
      faults.push(`${at}.protocol: one of ${protocols.join(', ')}`);
  }
}

function readUrl(value: unknown, name: string, faults: string[]): string {
  if (typeof value === 'string' && URL.canParse(value)) {
    const url = new URL(value);
    const plain =
      /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '' && url.username === '';
    if (plain) return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  }
  faults.push(`${name}: an http or https address without a query`);
  return '';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
