// To which addresses a site may have its buyers sent back: by scheme, and by host when the site says so. Pure.

import { findHostFault } from '../../ground/outgoing/index.ts';
import { checkReturnUrl, isListableScheme, type OrderFault } from '../../ground/protocols/index.ts';
import type { MerchantSite } from './site.ts';

const schemesMax = 10;
const hostsMax = 50;

/**
 * The rule for an address whose form is proven (`checkReturnUrl`). https is always accepted, http in the
 * sandbox, an app's own scheme when the site lists it. When the site's results are prefixed, no name in the
 * address may have that prefix. Plain results are recognised by their place, after the address's own names.
 * Returns a fault of code 03 that names `field`.
 */
export function findReturnAddressFault(
  site: Pick<MerchantSite, 'environment' | 'returnSchemes' | 'returnHosts' | 'resultNames'>,
  field: 'return_url' | 'cancel_url',
  address: string,
): OrderFault | null {
  const fault = (problem: string): OrderFault => ({ code: '03', detail: `${field}: ${problem}` });
  const clash =
    site.resultNames === 'plain' ? null : checkReturnUrl(address, { field, names: site.resultNames });
  if (clash !== null) return clash;
  const url = URL.parse(address);
  if (url === null) return fault('not an absolute URL (scheme://…)');
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== 'https' && scheme !== 'http') {
    return site.returnSchemes.includes(scheme) && isListableScheme(scheme)
      ? null
      : fault(
          'its scheme is not one of this site; https is, and an app’s own when the operator has listed it',
        );
  }
  if (scheme === 'http' && site.environment === 'live') return fault('must be https for a live site');
  const hostFault = findHostFault(url.hostname);
  if (hostFault !== null) return fault(hostFault);
  const hostname = withoutRootDot(url.hostname);
  const isKnown = site.returnHosts.some((host) =>
    host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : hostname === host,
  );
  return site.returnHosts.length === 0 || isKnown ? null : fault('its host is not one of this site');
}

/** The schemes as they are stored; null when one may not be listed, or there are too many. */
export function readReturnSchemes(given: readonly string[]): string[] | null {
  const schemes = given.map((scheme) => scheme.replace(/:(?:\/\/)?$/, '').toLowerCase());
  return schemes.length <= schemesMax && schemes.every(isListableScheme) ? [...new Set(schemes)] : null;
}

/** The hosts as they are stored (ASCII, lower case, `*.` kept); null when one is none, or there are too many. */
export function readReturnHosts(given: readonly string[]): string[] | null {
  if (given.length > hostsMax) return null;
  const hosts = given.map(readHost);
  return hosts.some((host) => host === null) ? null : [...new Set(hosts as string[])];
}

function readHost(given: string): string | null {
  const below = given.startsWith('*.') ? '*.' : '';
  const name = given.slice(below.length);
  if (!/^(?:[\p{L}\p{M}\p{N}_.-]+|\[[0-9a-f:.]+\])$/iu.test(name)) return null;
  const url = URL.parse(`https://${name}/`);
  // A whole top-level domain would allow everybody's hosts, so it is refused.
  return url === null || findHostFault(url.hostname) !== null || (below !== '' && !url.hostname.includes('.'))
    ? null
    : below + withoutRootDot(url.hostname);
}

/** `shop.example.` is `shop.example` written to its end. */
function withoutRootDot(hostname: string): string {
  return hostname.replace(/\.$/, '');
}
