import type { ServicePort } from '../../model/container.ts';

/** Reads `80`, `8080:80` and `8080:80/udp`; a string says why it is none. */
export function readServicePort(text: string): ServicePort | string {
  const [, local, port, protocol = 'tcp'] = /^(?:(\d{1,5})?:)?(\d{1,5})(?:\/(tcp|udp))?$/i.exec(text.trim()) ?? [];
  const numbers = [port, ...(local === undefined ? [] : [local])].map(Number);
  if (port === undefined || !numbers.every((each) => each >= 1 && each <= 65_535)) {
    return `found the port '${text}'; allowed: a port of the container, or local:container`;
  }
  if (protocol.toLowerCase() === 'udp') {
    return `the port '${text}' is of udp, which is not there yet; allowed: tcp`;
  }
  return { port: Number(port), protocol: 'tcp', ...(local === undefined ? {} : { local: Number(local) }) };
}
