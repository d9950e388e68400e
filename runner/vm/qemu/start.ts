import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectAgent, type GuestAgent, type GuestMounts, type GuestNetwork } from '../../guest/agent.ts';
import { causeText } from '../../host/fault.ts';
import { startTied, type TiedProcess } from '../../host/start.ts';
import type { GuestKernel } from '../../image/kernel.ts';
import type { Accel, Disk, VmSpec } from '../../model/machine.ts';
import type { Mounts } from '../mounts.ts';
import { type NetworkCard, qemuArguments, toolSerial } from './arguments.ts';
import { type CallIn, listenForOne } from './call-in.ts';
import { ConsoleTail } from './console.ts';
import { Qmp, type QmpEvent } from './qmp.ts';

/** Everything one try to boot needs, made before the first try. */
export interface BootPlan {
  readonly spec: VmSpec;
  readonly accel: Accel;
  readonly tsc?: number;
  readonly kernel: GuestKernel;
  readonly disk: Disk;
  readonly mounts: Mounts;
  readonly network?: { readonly card: NetworkCard; readonly guest: GuestNetwork };
  /** Called as soon as QEMU has a pid, to put it under its bounds. */
  readonly confine?: (pid: number) => void;
}

/** A guest that is up, and what holds it. */
export interface RunningGuest {
  readonly process: TiedProcess;
  readonly console: ConsoleTail;
  readonly qmp: Qmp;
  readonly agent: GuestAgent;
  /** Why QEMU was ended by us while its guest ran, if it was. */
  readonly trouble: { why?: string };
}

/** A try that failed: why, and what the guest last wrote to its console. */
export class BootFailure extends Error {
  readonly console: readonly string[];

  constructor(why: string, console: readonly string[]) {
    super(why);
    this.name = 'BootFailure';
    this.console = console;
  }
}

/** Milliseconds for QEMU's answers, which do not depend on the guest. */
export const qmpTime = 10_000;
/** Milliseconds for QEMU's end to become known after its sockets closed. */
const endTime = 500;

/**
 * One try: starts QEMU and waits until its guest has said hello. Rejects with a `BootFailure` when QEMU ends, the
 * guest does not come up by `spec.bootDeadline` or breaks the protocol, and with the signal's reason when it aborts; in
 * each case QEMU is gone and nothing is left of the try.
 */
export async function startGuest(plan: BootPlan, signal: AbortSignal): Promise<RunningGuest> {
  signal.throwIfAborted();
  const attemptSignal = new AbortController();
  const giveUp = (reason: Error) => attemptSignal.abort(reason);
  const sockets = await openSockets(plan.spec);
  const process = launch(plan, sockets);
  const console = new ConsoleTail();
  console.follow(process.stdout);
  console.follow(process.stderr);
  void process.ended.then((end) => giveUp(new Error(`QEMU ${end}`)));
  const seconds = plan.spec.bootDeadline / 1000;
  const deadline = setTimeout(() => giveUp(new Error(`no hello within ${seconds} s`)), plan.spec.bootDeadline);
  const stop = () => giveUp(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const trouble: RunningGuest['trouble'] = {};
    const onEvent = (event: QmpEvent) => endOnDiskError(event, process, trouble);
    return { process, console, trouble, ...(await reachGuest(plan, sockets, onEvent, attemptSignal.signal)) };
  } catch (error) {
    // When QEMU ends, its closed sockets are seen first; its end says more.
    const why = await Promise.race([abortReason(attemptSignal.signal), delay(endTime, error)]);
    process.kill();
    await process.ended;
    signal.throwIfAborted();
    throw new BootFailure(causeText(why), console.verdict(12));
  } finally {
    clearTimeout(deadline);
    signal.removeEventListener('abort', stop);
    await Promise.all([sockets.qmp.close(), sockets.agent.close()]);
  }
}

interface Sockets {
  readonly qmp: CallIn;
  readonly agent: CallIn;
  readonly paths: { readonly qmpSocket: string; readonly agentSocket: string };
}

async function openSockets(spec: VmSpec): Promise<Sockets> {
  const base = join(spec.scratch, spec.id);
  const paths = { qmpSocket: `${base}.q`, agentSocket: `${base}.a` };
  const qmp = await listenForOne(paths.qmpSocket);
  try {
    return { qmp, agent: await listenForOne(paths.agentSocket), paths };
  } catch (error) {
    await qmp.close();
    throw error;
  }
}

function launch(plan: BootPlan, sockets: Sockets): TiedProcess {
  const { spec } = plan;
  const argv = qemuArguments({
    id: spec.id,
    accel: plan.accel,
    ...(plan.tsc === undefined ? {} : { tsc: plan.tsc }),
    kernel: plan.kernel.vmlinuz,
    initrd: plan.kernel.initrd,
    ...spec.limits,
    image: spec.image.path,
    tools: plan.mounts.tools.map(({ image }) => image.path),
    disk: plan.disk,
    ...sockets.paths,
    ...(plan.network === undefined ? {} : { network: plan.network.card }),
  });
  const process = startTied(['qemu-system-x86_64', ...argv], spec.run);
  if (process.pid !== undefined) {
    plan.confine?.(process.pid);
  }
  return process;
}

async function reachGuest(
  plan: BootPlan,
  sockets: Sockets,
  onEvent: (event: QmpEvent) => void,
  signal: AbortSignal,
): Promise<{ readonly qmp: Qmp; readonly agent: GuestAgent }> {
  const [line, control] = await orAborted(Promise.all([sockets.agent.caller, sockets.qmp.caller]), signal);
  const { hostname } = plan.spec;
  const network = plan.network === undefined ? {} : { network: plan.network.guest };
  const [qmp, agent] = await Promise.all([
    Qmp.connect(control, qmpTime, onEvent),
    connectAgent(line, { hostname, ...network, mounts: guestMounts(plan.mounts) }, signal),
  ]);
  // The first hello was written when QEMU started and read once the guest was up: its time of day is late by a boot.
  await orAborted(agent.greet({ hostname }), signal);
  return { qmp, agent };
}

function guestMounts({ layer, folders, tools, binds }: Mounts): GuestMounts {
  return { layer, folders, tools: tools.map(({ path }, at) => ({ serial: toolSerial(at), path })), binds };
}

/** A disk that the host cannot write stops the guest in its tracks, to wait for somebody who makes room. */
function endOnDiskError({ event, data }: QmpEvent, process: TiedProcess, trouble: RunningGuest['trouble']): void {
  if (event === 'BLOCK_IO_ERROR') {
    const { operation, reason } = data as { readonly operation?: string; readonly reason?: string };
    trouble.why ??= `the host could not ${operation ?? 'use'} the machine's disk: ${reason ?? 'no reason was given'}`;
    process.kill();
  }
}

function abortReason(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(signal.reason);
    }
    signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
  });
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) {
      stop();
    }
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
