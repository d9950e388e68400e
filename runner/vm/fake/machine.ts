import type { Duplex } from 'node:stream';
import type { GuestAgent } from '../../guest/agent.ts';
import type { PipedProcess } from '../../host/start.ts';
import type {
  Command,
  CopyOutOptions,
  Disk,
  Exit,
  GuestAddress,
  Leftovers,
  MicroVm,
  OutputSink,
  VmSpec,
} from '../../model/machine.ts';
import { scriptedExit } from './faults.ts';

/** A machine without isolation. Used after `destroy`, it complains: no backend allows that. */
export class FakeMachine implements MicroVm {
  readonly id: string;
  readonly isolation = 'sandbox';
  readonly disk: Disk;
  readonly #agent: GuestAgent;
  readonly #process: PipedProcess;
  #destroyed: Promise<void> | undefined;

  constructor(spec: VmSpec, disk: Disk, agent: GuestAgent, process: PipedProcess) {
    this.id = spec.id;
    this.disk = disk;
    this.#agent = agent;
    this.#process = process;
  }

  async exec(command: Command, output: OutputSink, signal: AbortSignal): Promise<Exit> {
    this.#mustBeUp('exec');
    return scriptedExit(command.env) ?? this.#agent.exec(command, output, signal);
  }

  async copyIn(tar: AsyncIterable<Uint8Array>, directory: string, signal: AbortSignal, owner?: string): Promise<void> {
    this.#mustBeUp('copyIn');
    await this.#agent.copyIn(tar, directory, signal, owner);
  }

  async copyOut(path: string, signal: AbortSignal, options?: CopyOutOptions): Promise<AsyncIterable<Uint8Array>> {
    this.#mustBeUp('copyOut');
    return this.#agent.copyOut(path, signal, options);
  }

  async listen(at: GuestAddress, accept: (connection: Duplex) => void, signal: AbortSignal): Promise<{ port: number }> {
    this.#mustBeUp('listen');
    return this.#agent.listen(at, accept, signal);
  }

  async connect(at: GuestAddress, signal: AbortSignal): Promise<Duplex> {
    this.#mustBeUp('connect');
    return this.#agent.connect(at, signal);
  }

  async left(): Promise<Leftovers> {
    this.#mustBeUp('left');
    return this.#agent.left();
  }

  destroy(): Promise<void> {
    this.#destroyed ??= this.#end();
    return this.#destroyed;
  }

  async #end(): Promise<void> {
    this.#agent.close();
    this.#process.kill();
    await this.#process.ended;
  }

  #mustBeUp(method: string): void {
    if (this.#destroyed !== undefined) {
      throw new Error(`${method} was called on machine ${this.id} after it was destroyed`);
    }
  }
}
