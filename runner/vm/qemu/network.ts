import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { GuestNetwork } from '../../guest/agent.ts';
import { HostFault } from '../../host/fault.ts';
import { openNetns } from '../../host/netns.ts';
import { startTied, type TiedProcess } from '../../host/start.ts';
import type { VmSpec } from '../../model/machine.ts';
import type { NetworkCard } from './arguments.ts';
import { ConsoleTail } from './console.ts';

/** A machine's way out. `close` ends its processes and removes its socket; any number of times. */
export interface MachineNetwork {
  readonly card: NetworkCard;
  readonly guest: GuestNetwork;
  close(): Promise<void>;
}

/** Milliseconds for passt to be ready. */
const readyTime = 10_000;

/** From 192.0.0.0/29, which RFC 7335 gives to the inside of translators like this one: no network out there has it. */
const inside = { interface: 'eth0', address: '192.0.0.2', prefix: 29, gateway: '192.0.0.1' };

/** Locally administered; the guest is alone on its wire. */
const mac = '52:54:00:6c:76:02';

/**
 * Opens a machine's way out over IPv4: passt, which QEMU talks to, in a network namespace of its own. By itself passt
 * connects from where it runs, so in the host's namespace a guest would reach the host's loopback; what the namespace
 * refuses is said in host/netns.ts. `confine` gets passt's pid. Rejects with a `HostFault`, or the signal's reason; then
 * nothing is left.
 */
export async function openNetwork(
  spec: VmSpec,
  confine: (pid: number) => void,
  signal: AbortSignal,
): Promise<MachineNetwork> {
  const space = await openNetns({ run: spec.run, signal });
  const socket = join(spec.scratch, `${spec.id}.n`);
  // A user namespace of its own takes from passt what root's name would give it, and lets it keep that name.
  const passt = startTied([...space.enter, 'unshare', '--map-root-user', '--', ...passtArguments(socket)], spec.run);
  const said = new ConsoleTail();
  said.follow(passt.stdout);
  said.follow(passt.stderr);
  const close = async () => {
    passt.kill();
    await passt.ended;
    await space.close();
    await rm(socket, { force: true });
  };
  try {
    if (passt.pid !== undefined) {
      confine(passt.pid);
    }
    await untilThere(socket, passt, AbortSignal.any([signal, AbortSignal.timeout(readyTime)]));
    const dns = space.dns.find((server) => isIPv4(server)) ?? '';
    return { card: { socket, mac }, guest: { ...inside, dns }, close };
  } catch (error) {
    await close();
    signal.throwIfAborted();
    const words = said.lines(3).join('; ');
    throw new HostFault('give a microVM its network', words === '' ? error : words);
  }
}

/** Entering a user namespace unties a process from its parent's end, so it is tied once more. */
function passtArguments(socket: string): readonly string[] {
  const guest = ['--address', inside.address, '--netmask', `${inside.prefix}`, '--gateway', inside.gateway];
  const mode = ['--foreground', '--stderr', '--ipv4-only', '--runas', '0:0', '--no-map-gw'];
  const quiet = ['--tcp-ports', 'none', '--udp-ports', 'none', '--no-dhcp', '--no-ndp', '--no-ra'];
  return ['setpriv', '--pdeathsig', 'KILL', '--', 'passt', ...mode, ...guest, ...quiet, '--socket', socket];
}

async function untilThere(socket: string, passt: TiedProcess, signal: AbortSignal): Promise<void> {
  while (!existsSync(socket)) {
    if (passt.end !== undefined) {
      throw new Error(`passt ${passt.end}`);
    }
    await delay(10, undefined, { signal });
  }
}
