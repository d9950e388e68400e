import { constants } from 'node:os';
import type { Command, Exit, OutputSink } from '../model/machine.ts';
import { Delivery, outputWindow } from './delivery.ts';
import type { GuestMessage, RawExit } from './guest-message.ts';
import { encodeHostMessage } from './host-message.ts';
import { InputPump } from './input.ts';
import type { Line, Listener } from './line.ts';
import { Stopping } from './stopping.ts';
import { ProtocolError } from './wire.ts';

/** Runs one command on a line; the contract is `MicroVm.exec`'s. */
export async function execOnLine(line: Line, command: Command, output: OutputSink, signal: AbortSignal): Promise<Exit> {
  const run = new Running(line, command, output);
  return run.result(signal);
}

class Running implements Listener {
  readonly #line: Line;
  readonly #command: Command;
  readonly #id: number;
  readonly #delivery: Delivery;
  readonly #stopping: Stopping;
  #input: InputPump | undefined;
  #inputFailure: { readonly cause: unknown } | undefined;
  #settle: (exit: Exit) => void = () => {};
  readonly #exit: Promise<Exit>;

  constructor(line: Line, command: Command, output: OutputSink) {
    this.#line = line;
    this.#command = command;
    this.#exit = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#delivery = new Delivery(
      output,
      (bytes) => line.post(this.#id, { kind: 'credit', bytes }),
      () => this.#stopping.kill(),
    );
    this.#stopping = new Stopping({
      signal: (number) => line.post(this.#id, { kind: 'signal', number }),
      waiting: () => this.#delivery.busy,
      lost: (detail) => this.#settle({ kind: 'lost', detail }),
    });
    const start = encodeExec(command);
    this.#id = line.listen(this);
    line.channel.post({ ...start, id: this.#id });
  }

  async result(signal: AbortSignal): Promise<Exit> {
    const stop = () => this.#stopping.terminate(this.#command);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) {
      stop();
    }
    this.#feed();
    const deaf = this.#command.terminal?.onResize?.(({ columns, rows }) => {
      this.#line.post(this.#id, { kind: 'resize', columns, rows });
    });
    try {
      const exit = await this.#exit;
      await this.#delivery.flushed();
      return this.#judge(exit);
    } finally {
      signal.removeEventListener('abort', stop);
      deaf?.();
      this.#stopping.end();
      this.#input?.stop();
    }
  }

  take(message: GuestMessage): boolean {
    switch (message.kind) {
      case 'stdout':
      case 'stderr':
        this.#delivery.push(message.kind, message.data);
        return false;
      case 'grant':
        this.#granted(message.bytes);
        return false;
      case 'exit':
        this.#settle(toExit(message));
        return true;
      default:
        throw new ProtocolError(`it answered a command with "${message.kind}"`);
    }
  }

  lost(reason: string): void {
    this.#settle({ kind: 'lost', detail: reason });
  }

  #granted(bytes: number): void {
    if (this.#input === undefined) {
      throw new ProtocolError('it granted input to a command that has none');
    }
    this.#input.grant(bytes);
  }

  #feed(): void {
    const { stdin } = this.#command;
    if (stdin === undefined) {
      return;
    }
    this.#input = new InputPump(this.#line.channel, this.#id);
    this.#input.run(stdin).catch((cause: unknown) => {
      this.#inputFailure = { cause };
      this.#stopping.kill();
    });
  }

  #judge(exit: Exit): Exit {
    const failure = this.#delivery.failure ?? this.#inputFailure;
    if (failure !== undefined) {
      throw failure.cause;
    }
    if (exit.kind === 'lost' && this.#line.abandoned) {
      throw new Error(`the command was given up: ${exit.detail}`);
    }
    return exit;
  }
}

function encodeExec({ terminal, ...command }: Command) {
  const message = {
    kind: 'exec',
    input: command.stdin !== undefined,
    credit: outputWindow,
    ...(terminal === undefined ? {} : { terminal: { columns: terminal.columns, rows: terminal.rows } }),
    cwd: command.cwd,
    user: command.user ?? '',
    argv: command.argv,
    env: Object.entries(command.env).map(([name, value]) => `${name}=${value}`),
  } as const;
  return encodeHostMessage(0, message);
}

function toExit(raw: RawExit): Exit {
  switch (raw.how) {
    case 'exited':
      return { kind: 'exited', code: raw.value };
    case 'signalled':
      return { kind: 'signalled', signal: signalName(raw.value) };
    case 'out-of-memory':
      return { kind: 'out-of-memory' };
    case 'not-started':
      return { kind: 'not-started', detail: raw.detail };
  }
}

/** `SIGTERM` for 15; real-time signals and unknown numbers become `signal 40`. */
function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found?.[0] ?? `signal ${number}`;
}
