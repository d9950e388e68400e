import type { Duplex } from 'node:stream';
import type { GuestAgent } from '../guest/agent.ts';
import type {
  Accel,
  Command,
  CopyOutOptions,
  Disk,
  Exit,
  GuestAddress,
  Leftovers,
  MicroVm,
  OutputSink,
  VmId,
} from '../model/machine.ts';
import type { IsolationLevel } from '../model/workflow.ts';

/** What a machine is, whatever it runs on. */
export interface MachineFacts {
  readonly id: VmId;
  readonly isolation: IsolationLevel;
  readonly accel?: Accel;
  readonly disk: Disk;
}

/** A machine that is spoken to through LightV's agent in it. A kind of machine says how it ends, and why it was lost. */
export abstract class AgentMachine implements MicroVm {
  readonly id: VmId;
  readonly isolation: IsolationLevel;
  declare readonly accel?: Accel;
  readonly disk: Disk;
  protected readonly agent: GuestAgent;
  #destroyed: Promise<void> | undefined;

  constructor({ id, isolation, accel, disk }: MachineFacts, agent: GuestAgent) {
    this.id = id;
    this.isolation = isolation;
    if (accel !== undefined) {
      this.accel = accel;
    }
    this.disk = disk;
    this.agent = agent;
  }

  /** Ends it and frees all but its disk; called once. Has deadlines of its own. */
  protected abstract tearDown(): Promise<void>;
  /** More than `detail`, the end of the agent's line, says. */
  protected abstract whyLost(detail: string): Promise<string>;

  async exec(command: Command, output: OutputSink, signal: AbortSignal): Promise<Exit> {
    const exit = await this.agent.exec(command, output, signal);
    if (this.#destroyed !== undefined) {
      throw new Error('the command was given up: the machine was destroyed');
    }
    return exit.kind === 'lost' ? { kind: 'lost', detail: await this.whyLost(exit.detail) } : exit;
  }

  copyIn(tar: AsyncIterable<Uint8Array>, directory: string, signal: AbortSignal, owner?: string): Promise<void> {
    return this.agent.copyIn(tar, directory, signal, owner);
  }

  copyOut(path: string, signal: AbortSignal, options?: CopyOutOptions): Promise<AsyncIterable<Uint8Array>> {
    return this.agent.copyOut(path, signal, options);
  }

  listen(at: GuestAddress, accept: (connection: Duplex) => void, signal: AbortSignal): Promise<{ port: number }> {
    return this.agent.listen(at, accept, signal);
  }

  connect(at: GuestAddress, signal: AbortSignal): Promise<Duplex> {
    return this.agent.connect(at, signal);
  }

  left(): Promise<Leftovers> {
    return this.agent.left();
  }

  destroy(): Promise<void> {
    this.#destroyed ??= this.tearDown();
    return this.#destroyed;
  }
}
