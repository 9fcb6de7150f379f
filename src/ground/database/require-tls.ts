// Connections to another machine use TLS and check the server's certificate, unless the settings say
// otherwise. The driver alone would send passwords and everything else in clear when the address does not
// mention TLS.

/** Whether what is sent to this address leaves the machine: neither a socket of its file system nor the loopback. */
function leavesMachine(address: URL, pgHost: string | undefined): boolean {
  const named = address.searchParams.get('host') ?? decodeURIComponent(address.hostname);
  const host = (named || pgHost || 'localhost').replace(/^\[|\]$/g, '').toLowerCase();
  return !(
    host.startsWith('/') ||
    host === 'localhost' ||
    host === '::1' ||
    /^127(?:\.\d{1,3}){3}$/.test(host)
  );
}

/** The sentence against an address that asks for no TLS although it leads to another machine; null when it is right. */
export function findPlainAddress(url: string, pgHost: string | undefined): string | null {
  const address = URL.parse(url);
  if (address === null || !leavesMachine(address, pgHost)) return null;
  const { searchParams } = address;
  const isPlain =
    searchParams.get('sslmode') === 'disable' || ['0', 'false'].includes(searchParams.get('ssl') ?? '');
  return isPlain
    ? 'leads to another machine without TLS: take sslmode=disable (or ssl=0) out of it, or set VIPAY_DATABASE_TLS=off if that network is yours alone'
    : null;
}

/** The address with TLS and a checked certificate when it leads to another machine and does not say how. */
export function requireTls(url: string, pgHost: string | undefined): string {
  const address = URL.parse(url);
  if (address === null || !leavesMachine(address, pgHost)) return url;
  const mode = address.searchParams.get('sslmode');
  // The driver treats these three as verify-full today and announces a change. So verify-full is written out.
  const isMeant = mode === null || ['allow', 'prefer', 'require', 'verify-ca'].includes(mode);
  if (!isMeant || address.searchParams.has('uselibpqcompat')) return url;
  address.searchParams.delete('ssl');
  address.searchParams.set('sslmode', 'verify-full');
  return address.href;
}
