/**
 * What `/etc/hosts` of a machine holds: its own name and others, each with its address. `localhost` is IPv4 alone, as
 * what is reached there for others is.
 */
export function hostsFile(hostname: string, hosts: readonly (readonly [name: string, address: string])[]): string {
  const lines = [`127.0.0.1 localhost ${hostname}`, ...hosts.map(([name, at]) => `${at} ${name}`)];
  return lines.map((line) => `${line}\n`).join('');
}
