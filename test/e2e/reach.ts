import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { ExecutionContext } from 'ava';

/** A server on all of the host's addresses, and a script that tries them all from a guest. */
export interface Trap {
  /** What was asked of it; nothing, where a guest is held. */
  readonly asked: readonly string[];
  /** Prints `control` for a server of the guest's own, which shows that it can ask at all, and `done`. */
  readonly script: string;
}

export async function hostTrap(t: ExecutionContext): Promise<Trap> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('the host answers');
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  const addresses = own.map(({ address }) => address).filter((address) => !address.includes(':'));
  const targets = [...new Set(['127.0.0.1', '169.254.169.254', '10.0.2.2', ...addresses])].join(' ');
  return { asked, script: scriptFor(targets, port) };
}

/** Not wget: a static busybox's crashes over names it cannot look up. */
function scriptFor(targets: string, port: number): string {
  return `
mkdir -p /tmp/www && echo control > /tmp/www/control
httpd -p 127.0.0.1:8099 -h /tmp/www
ask() { printf 'GET /%s HTTP/1.0\\r\\n\\r\\n' "$3" | nc -w 3 "$1" "$2" 2>/dev/null | tail -n 1; }
until test "$(ask 127.0.0.1 8099 control)" = control; do sleep 0.1; done; echo control
gateway=$(ip route | sed -n 's/^default via \\([0-9.]*\\).*/\\1/p')
for target in ${targets} $gateway; do ask $target ${port} $target & done
ask 169.254.169.254 80 latest &
wait
echo "$(grep -c : /proc/net/dev) interfaces"
echo done
`;
}

/** A script as a YAML block scalar's lines, indented for a step of `pipeline`. */
export function block(script: string): string {
  return script.trim().replace(/^/gm, '        ');
}
