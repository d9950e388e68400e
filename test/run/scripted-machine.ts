import { randomBytes } from 'node:crypto';
import { HostFault } from '../../runner/host/fault.ts';
import type {
  Command,
  CopyOutOptions,
  Disk,
  Exit,
  GuestAddress,
  Leftovers,
  MicroVm,
  OutputSink,
  VmBackend,
  VmSpec,
} from '../../runner/model/machine.ts';
import { entriesOf, tarOf } from '../ground/tar.ts';

/** Lets steps of a test wait for each other: proof that both run at once needs no clock. */
class Meeting {
  readonly #open = new Map<string, { promise: Promise<void>; resolve: () => void }>();

  door(name: string): { promise: Promise<void>; resolve: () => void } {
    const found = this.#open.get(name);
    if (found !== undefined) {
      return found;
    }
    let resolve = () => {};
    const promise = new Promise<void>((done) => {
      resolve = done;
    });
    const door = { promise, resolve };
    this.#open.set(name, door);
    return door;
  }
}

type Files = Map<string, string>;

/** Machines in memory whose "scripts" are lines of a tiny language, see `lines`. Counts what is up. */
export class ScriptedBackend implements VmBackend {
  readonly name = 'scripted';
  readonly isolation = 'sandbox';
  readonly meeting = new Meeting();
  readonly specs: VmSpec[] = [];
  readonly disks = new Map<string, Files>();
  up = 0;
  mostUp = 0;
  /** Boots that fail from now on. */
  failingBoots = 0;

  async probe() {
    return { usable: true, detail: 'in memory' } as const;
  }

  async boot(spec: VmSpec, signal: AbortSignal): Promise<MicroVm> {
    signal.throwIfAborted();
    this.specs.push(spec);
    await new Promise((resolve) => setImmediate(resolve));
    if (this.failingBoots > 0) {
      this.failingBoots -= 1;
      throw new HostFault('boot a machine', 'the test said so');
    }
    const path = `${spec.disk.path}.mem`;
    const parent = spec.disk.parent === undefined ? undefined : this.disks.get(spec.disk.parent.path);
    if (spec.disk.parent !== undefined && parent === undefined) {
      throw new HostFault('fork a disk', `${spec.disk.parent.path} does not exist`);
    }
    const files: Files = new Map(parent);
    this.disks.set(path, files);
    this.up += 1;
    this.mostUp = Math.max(this.mostUp, this.up);
    return new ScriptedMachine(this, spec, { path, format: 'holder', size: spec.disk.size }, files);
  }
}

class ScriptedMachine implements MicroVm {
  readonly id: string;
  readonly isolation = 'sandbox';
  readonly disk: Disk;
  readonly backend: ScriptedBackend;
  readonly files: Files;
  readonly volatile: Files = new Map();
  readonly leftovers: Leftovers['processes'][number][] = [];
  readonly death = new AbortController();
  #destroyed = false;

  constructor(backend: ScriptedBackend, spec: VmSpec, disk: Disk, files: Files) {
    this.backend = backend;
    this.id = spec.id;
    this.disk = disk;
    this.files = files;
  }

  of(path: string): Files {
    return path.startsWith('/run/') ? this.volatile : this.files;
  }

  read(path: string): string | undefined {
    return this.of(path).get(path);
  }

  async exec(command: Command, output: OutputSink, signal: AbortSignal): Promise<Exit> {
    const script = this.read(command.argv.at(-1) ?? '') ?? '';
    for (const line of script.split('\n').filter((each) => each.trim() !== '')) {
      const end = await runLine(this, line.trim(), command, output, signal);
      if (end !== undefined) {
        return end;
      }
      if (signal.aborted) {
        return { kind: 'signalled', signal: 'SIGTERM' };
      }
    }
    return { kind: 'exited', code: 0 };
  }

  async copyIn(tar: AsyncIterable<Uint8Array>, directory: string): Promise<void> {
    for (const { name, text } of await entriesOf(tar)) {
      const path = `${directory === '/' ? '' : directory}/${name}`;
      this.of(path).set(path, text);
    }
  }

  async copyOut(path: string, signal: AbortSignal, options: CopyOutOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    signal.throwIfAborted();
    if (this.death.signal.aborted) {
      throw new Error('the machine is gone');
    }
    const base = path === '/' ? '/' : `${path}/`;
    const all = [...this.of(base)].filter(([name]) => name.startsWith(base));
    const inside = all.map(([name, text]) => ({ name: name.slice(base.length), text }));
    const asked = inside.filter(({ name }) => options.only?.includes(name) ?? true);
    return tarOf(...asked.map(({ name, text }) => ({ name, text: options.namesOnly === true ? '' : text })));
  }

  async listen({ port }: GuestAddress): Promise<{ port: number }> {
    return { port: port === 0 ? 40_000 : port };
  }

  async connect({ address, port }: GuestAddress): Promise<never> {
    throw new Error(`nothing listens at ${address}:${port}`);
  }

  async left(): Promise<Leftovers> {
    if (this.death.signal.aborted) {
      throw new Error('the machine is gone');
    }
    return { processes: this.leftovers, mounts: [], network: [] };
  }

  async destroy(): Promise<void> {
    if (!this.#destroyed) {
      this.#destroyed = true;
      await new Promise((resolve) => setImmediate(resolve));
      this.backend.up -= 1;
    }
  }
}

type Line = (words: string, work: LineWork) => Promise<Exit | undefined> | Exit | undefined;

interface LineWork {
  readonly vm: ScriptedMachine;
  readonly command: Command;
  readonly output: OutputSink;
  readonly signal: AbortSignal;
}

const lines: Readonly<Record<string, Line>> = {
  say: (text, { output }) => nothing(output.write('stdout', Buffer.from(`${text}\n`))),
  err: (text, { output }) => nothing(output.write('stderr', Buffer.from(`${text}\n`))),
  /** Without a line end. */
  put: (text, { output }) => nothing(output.write('stdout', Buffer.from(text))),
  exit: (code) => ({ kind: 'exited', code: Number(code) }),
  oom: () => ({ kind: 'out-of-memory' }),
  lost: (_, { vm }) => {
    vm.death.abort();
    return { kind: 'lost', detail: 'the machine went away' };
  },
  write: (words, { vm }) => {
    const [path = '', ...text] = words.split(' ');
    vm.of(path).set(path, text.join(' '));
    return undefined;
  },
  append: (words, { vm }) => {
    const [path = '', ...text] = words.split(' ');
    vm.of(path).set(path, `${vm.read(path) ?? ''}${text.join(' ').replaceAll('\\n', '\n')}\n`);
    return undefined;
  },
  show: (path, { vm, output }) =>
    nothing(output.write('stdout', Buffer.from(`${path}: ${vm.read(path) ?? 'missing'}\n`))),
  open: (name, { vm }) => {
    vm.backend.meeting.door(name).resolve();
    return undefined;
  },
  /** Fails the first times it is met: `fail-times NAME 2`. */
  'fail-times': (words, { vm }) => {
    const [name = '', times = '0'] = words.split(' ');
    const key = `/attempts/${name}`;
    const all = vm.backend.disks.get(key) ?? new Map<string, string>();
    const met = Number(all.get('met') ?? 0) + 1;
    vm.backend.disks.set(key, all.set('met', String(met)));
    return met <= Number(times) ? { kind: 'exited', code: 1 } : undefined;
  },
  wait: async (name, { vm, signal }) => {
    await Promise.race([vm.backend.meeting.door(name).promise, aborted(signal)]);
    return undefined;
  },
  forever: async (_, { signal }) => {
    await aborted(signal);
    return undefined;
  },
  flood: async (bytes, { output }) => {
    for (let left = Number(bytes); left > 0; left -= 65536) {
      await output.write('stdout', Buffer.alloc(Math.min(left, 65536), 'flood\n'));
    }
    return undefined;
  },
  leave: (name, { vm }) => {
    vm.leftovers.push({ pid: 42, name });
    return undefined;
  },
};

async function nothing(promise: Promise<void>): Promise<undefined> {
  await promise;
  return undefined;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    }
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function runLine(
  vm: ScriptedMachine,
  line: string,
  command: Command,
  output: OutputSink,
  signal: AbortSignal,
): Promise<Exit | undefined> {
  const text = line.replaceAll(/\$(\w+)/g, (_, name: string) => command.env[name] ?? '');
  const [verb = ''] = text.split(' ');
  const run = lines[verb];
  if (run === undefined) {
    return { kind: 'not-started', detail: `no such word: ${verb}` };
  }
  return await run(text.slice(verb.length + 1), { vm, command, output, signal });
}

/** A run id no other test has. */
export function runId(): string {
  return `test-${randomBytes(4).toString('hex')}`;
}
