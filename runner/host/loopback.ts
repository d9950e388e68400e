/** Whether a host, as it stands in an address, is this machine's loopback: plain http to it is seen by nobody else. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
