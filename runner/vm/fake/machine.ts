import type { Duplex } from 'node:stream';
import type { GuestAgent } from '../../guest/agent.ts';
import type { PipedProcess } from '../../host/start.ts';
import type { Command, Disk, Exit, Leftovers, OutputSink, VmSpec } from '../../model/machine.ts';
import { AgentMachine } from '../agent-machine.ts';
import { scriptedExit } from './faults.ts';

/** A machine without isolation. Used after `destroy`, it complains: no backend allows that. */
export class FakeMachine extends AgentMachine {
  readonly #process: PipedProcess;
  #gone = false;

  constructor({ id }: VmSpec, disk: Disk, agent: GuestAgent, process: PipedProcess) {
    super({ id, isolation: 'sandbox', disk }, agent);
    this.#process = process;
  }

  override async exec(command: Command, output: OutputSink, signal: AbortSignal): Promise<Exit> {
    this.#mustBeUp('exec');
    return scriptedExit(command.env) ?? super.exec(command, output, signal);
  }

  override async copyIn(...words: Parameters<AgentMachine['copyIn']>): Promise<void> {
    this.#mustBeUp('copyIn');
    await super.copyIn(...words);
  }

  override async copyOut(...words: Parameters<AgentMachine['copyOut']>): Promise<AsyncIterable<Uint8Array>> {
    this.#mustBeUp('copyOut');
    return super.copyOut(...words);
  }

  override async listen(...words: Parameters<AgentMachine['listen']>): Promise<{ port: number }> {
    this.#mustBeUp('listen');
    return super.listen(...words);
  }

  override async connect(...words: Parameters<AgentMachine['connect']>): Promise<Duplex> {
    this.#mustBeUp('connect');
    return super.connect(...words);
  }

  override async left(): Promise<Leftovers> {
    this.#mustBeUp('left');
    return super.left();
  }

  protected async whyLost(detail: string): Promise<string> {
    return detail;
  }

  protected async tearDown(): Promise<void> {
    this.#gone = true;
    this.agent.close();
    this.#process.kill();
    await this.#process.ended;
  }

  #mustBeUp(method: string): void {
    if (this.#gone) {
      throw new Error(`${method} was called on machine ${this.id} after it was destroyed`);
    }
  }
}
