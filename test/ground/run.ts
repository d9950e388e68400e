import { setTimeout as delay } from 'node:timers/promises';
import type { Command, Exit, MicroVm, StreamName } from '../../runner/model/machine.ts';

export interface Ran {
  readonly exit: Exit;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds the sink takes for each chunk. */
  readonly slow?: number;
  readonly onChunk?: (text: string) => void;
}

/** Runs a command on a machine, or by an agent, to its end and keeps all its output. */
export async function run(
  machine: Pick<MicroVm, 'exec'>,
  command: Command,
  { signal = new AbortController().signal, slow, onChunk }: RunOptions = {},
): Promise<Ran> {
  const chunks: Record<StreamName, Uint8Array[]> = { stdout: [], stderr: [] };
  const sink = {
    write: async (stream: StreamName, chunk: Uint8Array) => {
      chunks[stream].push(Uint8Array.from(chunk));
      onChunk?.(Buffer.from(chunk).toString());
      if (slow !== undefined) {
        await delay(slow);
      }
    },
  };
  const exit = await machine.exec(command, sink, signal);
  return { exit, stdout: Buffer.concat(chunks.stdout), stderr: Buffer.concat(chunks.stderr) };
}
