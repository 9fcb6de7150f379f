// The mail server that an operator names: `smtp://user:password@mail.example.vn:587`, `smtps://…:465`. Pure.

import { isIP } from 'node:net';

export type SmtpServer = {
  host: string;
  port: number;
  /** `tls`: from the first byte; `starttls`: before anything is told; `clear`: never. */
  encryption: 'tls' | 'starttls' | 'clear';
  signIn: { user: string; password: string } | null;
  /** For tests: a name and an authority beside those of this machine. */
  trust?: { serverName: string; certificates: string };
};

export type SmtpUrlResult = { ok: true; server: SmtpServer } | { ok: false; fault: string };

const shape = 'must be an address such as smtp://user:password@mail.example.vn:587 or smtps://…:465';

/** `tls` off: in clear to another machine too, for a network that is the operator's alone. Faults name no secret. */
export function parseSmtpUrl(text: string, tls: 'require' | 'off'): SmtpUrlResult {
  const url = URL.parse(text);
  const isPlainAddress =
    url !== null &&
    (url.protocol === 'smtp:' || url.protocol === 'smtps:') &&
    url.hostname !== '' &&
    (url.pathname === '' || url.pathname === '/') &&
    url.search === '' &&
    url.hash === '';
  if (!isPlainAddress) return { ok: false, fault: shape };
  const user = decode(url.username);
  const password = decode(url.password);
  const isSignInWhole = user !== null && password !== null && (user === '') === (password === '');
  if (!isSignInWhole) {
    return {
      ok: false,
      fault: 'needs user and password both or neither, with signs such as @ : / % percent-encoded',
    };
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const fromFirstByte = url.protocol === 'smtps:';
  const server: SmtpServer = {
    host,
    port: url.port === '' ? (fromFirstByte ? 465 : 587) : Number(url.port),
    encryption: fromFirstByte ? 'tls' : tls === 'off' || isLoopback(host) ? 'clear' : 'starttls',
    signIn: user === '' ? null : { user, password },
  };
  return { ok: true, server };
}

function decode(text: string): string | null {
  try {
    const decoded = decodeURIComponent(text);
    return /\p{Cc}/u.test(decoded) ? null : decoded;
  } catch {
    return null;
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** For people: where mails go, without the password. */
export function tellSmtpServer({ host, port, encryption, signIn }: SmtpServer): string {
  const how = { tls: 'TLS', starttls: 'STARTTLS', clear: 'in clear' }[encryption];
  return `${host}:${port}, ${how}${signIn === null ? '' : `, as ${signIn.user}`}`;
}
