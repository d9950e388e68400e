import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { GuestNetwork } from '../../guest/agent.ts';
import { HostFault } from '../../host/fault.ts';
import { startTied, type TiedProcess } from '../../host/tied-process.ts';
import type { VmSpec } from '../../model/machine.ts';
import type { NetworkCard } from './arguments.ts';
import { ConsoleTail } from './console.ts';

/** A machine's way out. `close` ends its processes and removes its socket; any number of times. */
export interface MachineNetwork {
  readonly card: NetworkCard;
  readonly guest: GuestNetwork;
  close(): Promise<void>;
}

/** Milliseconds for the namespace and both programs to be ready. */
const readyTime = 10_000;

/** From 192.0.0.0/29, which RFC 7335 gives to the inside of translators like this one: no network out there has it. */
const guest = { interface: 'eth0', address: '192.0.0.2', prefix: 29, gateway: '192.0.0.1', dns: '192.0.0.3' };

/** Locally administered; the guest is alone on its wire. */
const mac = '52:54:00:6c:76:02';

/**
 * passt, which QEMU talks to, in a network namespace of its own. By itself passt reaches the host's loopback, as it
 * connects from where it runs. In the namespace `lo` is empty, link-local addresses lead nowhere, and the host's own
 * address is the namespace's: what leaves goes through pasta, which maps no gateway to the host.
 */
const inside = `
echo ready
tries=0
until ip -4 route show default | grep -q default; do
  tries=$((tries + 1))
  if [ $tries -gt 200 ]; then echo "this host has no IPv4 default route" >&2; exit 1; fi
  sleep 0.05
done
ip route add blackhole 169.254.0.0/16 || exit 1
exec setpriv --pdeathsig KILL -- passt --foreground --stderr --ipv4-only --runas 0:0 --no-map-gw \
  --address ${guest.address} --netmask ${guest.prefix} --gateway ${guest.gateway} \
  --tcp-ports none --udp-ports none --no-dhcp --no-ndp --no-ra --socket "$1"
`;

/**
 * Opens a network that reaches everything IPv4 but the host's loopback, its own addresses and link-local ones; names are
 * resolved by the host's resolver. `confine` gets the pid of each process as it starts. Rejects with a `HostFault`, or
 * the signal's reason; then nothing is left.
 */
export async function openNetwork(
  spec: VmSpec,
  confine: (pid: number) => void,
  signal: AbortSignal,
): Promise<MachineNetwork> {
  signal.throwIfAborted();
  const socket = join(spec.scratch, `${spec.id}.n`);
  const processes: TiedProcess[] = [];
  const said = new ConsoleTail();
  const start = (argv: readonly string[]) => {
    const process = startTied(argv, spec.run);
    processes.push(process);
    said.follow(process.stderr);
    if (process.pid !== undefined) {
      confine(process.pid);
    }
    return process;
  };
  const close = async () => {
    for (const process of processes) {
      process.kill();
      await process.ended;
    }
    await rm(socket, { force: true });
  };
  try {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(readyTime)]);
    const space = start(['unshare', '--map-root-user', '--net', '--', 'sh', '-c', inside, 'sh', socket]);
    await untilReady(space, deadline);
    const out = start(pastaArguments(space.pid));
    await untilThere(socket, [space, out], deadline);
    return { card: { socket, mac }, guest, close };
  } catch (error) {
    await close();
    signal.throwIfAborted();
    const words = said.lines(3).join('; ');
    throw new HostFault('give a microVM its network', words === '' ? error : words);
  }
}

function pastaArguments(pid: number | undefined): readonly string[] {
  const space = ['--userns', `/proc/${pid}/ns/user`, '--netns', `/proc/${pid}/ns/net`];
  // Started by root, pasta would become nobody, who may not enter the namespace.
  const user = process.getuid?.() === 0 ? ['--runas', '0:0'] : [];
  const ports = ['-t', 'none', '-u', 'none', '-T', 'none', '-U', 'none'];
  const names = ['--dns-forward', guest.dns];
  const mode = ['--foreground', '--quiet', '--stderr', '--ipv4-only', '--config-net', '--no-map-gw'];
  return ['pasta', ...mode, ...user, ...names, ...ports, ...space];
}

function untilReady(space: TiedProcess, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    space.stdout.once('data', () => resolve());
    // Only the first word is waited for, but the pipe must be kept empty.
    space.stdout.resume();
    void space.ended.then((end) => reject(new Error(`the network namespace's holder ${end}`)));
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

async function untilThere(socket: string, processes: readonly TiedProcess[], signal: AbortSignal): Promise<void> {
  while (!existsSync(socket)) {
    const gone = processes.find((process) => process.end !== undefined);
    if (gone !== undefined) {
      throw new Error(`a part of the network ${gone.end}`);
    }
    await delay(10, undefined, { signal });
  }
}
