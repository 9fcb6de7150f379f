// Which names a request may call the gateway by. A page on a stranger's name that points to this address (DNS
// rebinding) would otherwise be of one origin with ours, and could read the sandbox's inbox.

import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Takes a Host header as received. Null: the text has not the form of a host. */
export type KnownHosts = (host: string) => boolean | null;

const hostPattern = /^(\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?)(?::[0-9]{1,5})?$/i;

/**
 * Known are the name of the public address and those in `others`; when the public address is this machine, every
 * name of this machine. Ports are not compared: a proxy may listen on another one.
 */
export function createKnownHosts(publicUrl: string, others: readonly string[] = []): KnownHosts {
  const own = new URL(publicUrl).hostname;
  const names = new Set([own, ...others].map(normalise));
  const isLocal = isLoopbackName(normalise(own));
  // Nearly every request names the same host.
  let lastKnown: string | null = null;
  return (host) => {
    if (host === lastKnown) return true;
    const name = hostPattern.exec(host)?.[1];
    if (name === undefined) return null;
    const normal = normalise(name);
    if (!names.has(normal) && !(isLocal && isLoopbackName(normal))) return false;
    lastKnown = host;
    return true;
  };
}

function normalise(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

function isLoopbackName(name: string): boolean {
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  const address = name.replace(/^\[|\]$/g, '');
  return isIP(address) !== 0 && ipaddr.process(address).range() === 'loopback';
}
