// The headers of every answer: JSON, a redirect, an error, an answer to bytes that were no request. A page
// replaces this policy by its own, which allows its style and script.

const contentSecurityPolicy =
  "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const strictTransportSeconds = 31_536_000;

/** Made once for a server. `hstsSubdomains`: browsers stay with https on every name below the gateway's too. */
export function createBaseHeaders(
  publicUrl: string,
  { hstsSubdomains = false }: { hstsSubdomains?: boolean } = {},
): Readonly<Record<string, string>> {
  return {
    'content-security-policy': contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
    ...(isHttps(publicUrl)
      ? {
          'strict-transport-security': `max-age=${strictTransportSeconds}${hstsSubdomains ? '; includeSubDomains' : ''}`,
        }
      : {}),
  };
}

function isHttps(publicUrl: string): boolean {
  return publicUrl.startsWith('https:');
}
