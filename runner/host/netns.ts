import { once } from 'node:events';
import { accessSync, constants, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { HostFault } from './fault.ts';
import { enterSpace } from './own-user-space.ts';
import { forwardedDns, nameServers, reachableServers } from './resolver.ts';

/** A network of its own that reaches the outside, and neither this host's services nor link-local addresses. */
export interface NetworkSpace {
  /**
   * Puts a program into it: `[...enter, program, ...]`. A program that leaves this user's own user namespace (as every
   * sandboxed guest does) has no power over the network; one that stays is still its owner.
   */
  readonly enter: readonly string[];
  /** What a real root's program opens to enter it by itself. */
  readonly file: string;
  /** IPv4 in dotted form. */
  readonly address: string;
  /** Bits of the IPv4 network. */
  readonly prefix: number;
  /** An empty text where there is none. */
  readonly gateway: string;
  /** IPv4 and IPv6 addresses of name servers that answer from inside. */
  readonly dns: readonly string[];
  /** What belongs into `/etc/resolv.conf` inside. */
  readonly resolvConf: string;
  /** False once it has lost its way out. */
  works(): boolean;
  /** Any number of times; resolves once its processes are gone. Programs inside lose their network, not their life. */
  close(): Promise<void>;
}

export interface NetworkSpaceOptions {
  /** The run it belongs to, by which a sweep finds it. */
  readonly run: string;
  readonly signal: AbortSignal;
  /** Where the host's resolver is read from; `/etc/resolv.conf` when left out. */
  readonly resolver?: string;
  /** A user namespace it is to belong to: `enter` is for programs that are in it already. Absent: one of its own. */
  readonly space?: string;
}

/** What pasta takes the namespace's packets from. */
const tunnel = '/dev/net/tun';
/** Milliseconds pasta may take to have its interface up. */
const openTime = 10_000;

/**
 * The namespace is kept by a shell that waits for the end of its input, so it goes with LightV however LightV goes. The
 * rules come before any route and before the interface, and hold for every route pasta adds; the host's own addresses
 * are refused since pasta would otherwise connect to them from the host's side. No ports are forwarded either way.
 * Ports below 1024 are open to all inside, where a guest has no capability over this namespace.
 */
const script = `
set -eu
exec 3<&0 </dev/null
unshare --net sleep 60 >/dev/null 2>&1 &
first=$!
here=$(readlink /proc/self/ns/net)
while [ "$(readlink /proc/$first/ns/net)" = "$here" ]; do :; done
exec 4</proc/$first/ns/net
kill $first
inside() { nsenter --net=/proc/self/fd/4 -- "$@"; }
inside sh -c 'echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start'
printf %s "$RULES4" | inside ip -4 -batch -
[ ! -e /proc/sys/net/ipv6 ] || printf %s "$RULES6" | inside ip -6 -batch -
pasta --foreground --quiet --config-net --no-map-gw --tcp-ports none --udp-ports none --tcp-ns none --udp-ns none \
  --no-netns-quit "$@" --netns /proc/self/fd/4 3<&- >/dev/null &
pasta=$!
trap 'kill -9 $pasta 2>/dev/null' EXIT
until [ -n "$(inside ip -4 route show default)" ]; do kill -0 $pasta; sleep 0.02; done
inside ip -4 -json address show scope global | tr -d '\\n'; echo
inside ip -4 -json route show default | tr -d '\\n'; echo
{ cat <&3 >/dev/null; kill -9 $pasta; } &
exec 3<&-
wait $pasta
`;

/**
 * Opens a namespace connected by pasta; works for root and, where user namespaces and `/dev/net/tun` are open to it, for
 * an ordinary user. Rejects with a `HostFault` that holds pasta's words, or with the reason of `signal`.
 */
export async function openNetns(options: NetworkSpaceOptions): Promise<NetworkSpace> {
  options.signal.throwIfAborted();
  checkTunnel();
  const open = reachableServers(nameServers(resolverText(options.resolver ?? '/etc/resolv.conf')));
  const keeper = startKeeper(options, open.length === 0 ? ['--dns-forward', forwardedDns] : []);
  const { works, close } = keeper;
  try {
    const facts = parseFacts(await firstLines(keeper, options.signal));
    const dns = open.length === 0 ? [forwardedDns] : open;
    const resolvConf = dns.map((server) => `nameserver ${server}\n`).join('');
    const enter = enterArguments(keeper.pid, options.space);
    return { enter, file: fileOf(keeper.pid), ...facts, dns, resolvConf, works, close };
  } catch (error) {
    await close();
    options.signal.throwIfAborted();
    throw new HostFault('open a network for a machine', error);
  }
}

/** A host without the file asks a server of its own, which pasta can ask too. */
function resolverText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return '';
    }
    throw new HostFault('read where this host looks up names', error);
  }
}

/** The shell that keeps a namespace and its pasta. */
interface Keeper extends Pick<NetworkSpace, 'works' | 'close'> {
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly gone: Promise<void>;
}

function startKeeper({ run, space }: NetworkSpaceOptions, more: readonly string[]): Keeper {
  const [file = '', ...entering] = space === undefined ? ['unshare', '--user', '--map-root-user'] : enterSpace(space);
  const path = `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`;
  const child = execa(file, [...entering, 'sh', '-c', script, 'netns', ...more], {
    detached: true,
    reject: false,
    buffer: false,
    cleanup: false,
    stdin: 'pipe',
    extendEnv: false,
    env: { PATH: path, LC_ALL: 'C', LIGHTV_RUN: run, ...refusals() },
  });
  let works = true;
  const gone = new Promise<void>((resolve) => {
    const end = () => {
      works = false;
      child.stdin.end();
      resolve();
    };
    child.once('exit', end);
    child.once('error', end);
  });
  // A line that broke is the end of the shell, which `gone` tells.
  child.stdin.on('error', () => {});
  const close = async () => {
    child.stdin.end();
    await gone;
  };
  return { pid: child.pid ?? 0, stdout: child.stdout, stderr: child.stderr, gone, works: () => works, close };
}

/** A real root keeps its own user namespace: its powers over the mounts it is about to make hang on it. */
function enterArguments(pid: number, space: string | undefined): readonly string[] {
  const net = `--net=${fileOf(pid)}`;
  return process.getuid?.() === 0 || space !== undefined
    ? ['nsenter', net, '--']
    : enterSpace(`/proc/${pid}/ns/user`, net);
}

/** The namespace as its keeper holds it. */
function fileOf(pid: number): string {
  return `/proc/${pid}/fd/4`;
}

/** pasta's words for a device it may not open do not say how to open it. */
function checkTunnel(): void {
  try {
    accessSync(tunnel, constants.R_OK | constants.W_OK);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const why = missing
      ? `${tunnel} is not there (as root: modprobe tun)`
      : `this user may not open ${tunnel} (as root: chmod 0666 ${tunnel}, which every user of the host then may)`;
    throw new HostFault('open a network for a machine', why);
  }
}

/** Rules ahead of all routes; the namespace's own addresses, looked up before any rule, stay its own. */
function refusals(): { readonly RULES4: string; readonly RULES6: string } {
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map((one) => one.address)
    // Inside these are the namespace's own; any other address of the host may sit on its loopback interface too.
    .filter((one) => !one.startsWith('127.') && one !== '::1');
  const rules = (refused: readonly string[]) =>
    [...new Set(refused)].map((to) => `rule add to ${to} pref 1 unreachable\n`).join('');
  return {
    RULES4: rules(['169.254.0.0/16', ...own.filter((one) => !isIPv6(one))]),
    RULES6: rules(['fe80::/10', 'fd00:ec2::254', ...own.filter((one) => isIPv6(one) && !one.startsWith('fe80:'))]),
  };
}

async function firstLines({ stdout, stderr, gone }: Keeper, signal: AbortSignal): Promise<string[]> {
  let text = '';
  let words = '';
  stderr.on('data', (chunk) => {
    words = `${words}${chunk}`.slice(-2000);
  });
  const lines = new Promise<string[]>((resolve) => {
    stdout.on('data', (chunk) => {
      text += chunk;
      if (text.split('\n').length > 2) {
        resolve(text.split('\n'));
      }
    });
  });
  const ended = gone.then(() => {
    throw new Error(pastaWords(words));
  });
  const bound = AbortSignal.any([signal, AbortSignal.timeout(openTime)]);
  const late = once(bound, 'abort').then(() => {
    throw bound.reason;
  });
  bound.throwIfAborted();
  return Promise.race([lines, ended, late]);
}

/** Without a syslog pasta says of each line that it could not be sent. */
function pastaWords(words: string): string {
  const said = words.split('\n').filter((line) => line !== '' && !line.startsWith('Failed to send'));
  return said.slice(-5).join('; ') || 'pasta ended without a word';
}

function parseFacts(lines: readonly string[]) {
  const addresses: { addr_info?: { local?: string; prefixlen?: number }[] }[] = JSON.parse(lines[0] ?? '[]');
  const routes: { gateway?: string }[] = JSON.parse(lines[1] ?? '[]');
  const found = addresses.flatMap((one) => one.addr_info ?? []).find((one) => one.local !== undefined);
  if (found?.local === undefined) {
    throw new Error('pasta gave it no IPv4 address');
  }
  return { address: found.local, prefix: found.prefixlen ?? 32, gateway: routes[0]?.gateway ?? '' };
}
