import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connectAgent, type GuestAgent } from '../../runner/guest/agent.ts';
import { joinStreams } from '../../runner/host/join-streams.ts';
import { guestAgent } from '../../runner/image/agent.ts';
import type { Command } from '../../runner/model/machine.ts';

/** The real init in stream mode, as PID 1 of namespaces of its own: processes, mounts, network. */
export interface RealAgent {
  readonly agent: GuestAgent;
  readonly child: ChildProcess;
  /** Closes the line and resolves when every process in the namespace is gone. */
  end(): Promise<void>;
}

export async function realAgent(): Promise<RealAgent> {
  const init = await guestAgent();
  const script = 'ip link set lo up && exec "$0" --stream';
  const argv = ['--pid', '--fork', '--kill-child', '--net', '--mount', '--mount-proc', 'sh', '-c', script, init];
  const child = spawn('unshare', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const gone = once(child, 'exit');
  const stream = joinStreams(child.stdout, child.stdin);
  const agent = await connectAgent(stream, { hostname: 'test' }, AbortSignal.timeout(20_000));
  const end = async () => {
    agent.close();
    await gone;
  };
  return { agent, child, end };
}

/** A shell script as a command; `more` overrides. */
export function shell(script: string, more: Partial<Command> = {}): Command {
  return { argv: ['sh', '-c', script], env: { PATH: '/usr/bin:/bin' }, cwd: '/', grace: 300, ...more };
}

export async function* stream(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
