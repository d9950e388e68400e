import { isIP, isIPv6 } from 'node:net';

/** Where a namespace asks when the host's resolver listens on loopback: pasta answers there (a TEST-NET address). */
export const forwardedDns = '192.0.2.53';

/** The servers of a resolv.conf, in its order; what is no address is left out. */
export function nameServers(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? '')
    .filter((address) => isIP(address.replace(/%.*$/, '')) !== 0);
}

/** Those that can be asked from a network space: neither on loopback nor link-local. */
export function reachableServers(servers: readonly string[]): readonly string[] {
  return servers.filter((server) =>
    isIPv6(server.replace(/%.*$/, ''))
      ? server !== '::1' && !/^fe[89ab]/i.test(server)
      : !server.startsWith('127.') && !server.startsWith('169.254.') && server !== '0.0.0.0',
  );
}
