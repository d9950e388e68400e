import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext, TestFn } from 'ava';
import { extract, pack } from 'tar-stream';
import type { ImageFile } from '../../runner/model/image.ts';
import type { Command, Disk, Exit, MicroVm, StreamName, VmBackend, VmSpec } from '../../runner/model/machine.ts';

/** What a kind of machine cannot do by its nature; each names the cases left out, and the suite prints it. */
export type Lack = 'limits' | 'disk-limit' | 'whole-disk' | 'isolation' | 'hostname' | 'kill' | 'network';

export interface ContractKind {
  readonly name: string;
  readonly backend: VmBackend;
  readonly image: () => Promise<ImageFile>;
  /** Why, by what it lacks. */
  readonly lacks?: Partial<Record<Lack, string>>;
  /** Kills the machine's process from outside. */
  readonly kill?: (machine: MicroVm) => void;
  /** Milliseconds a boot attempt may take; 20 s when left out. */
  readonly bootDeadline?: number;
  /** Whether mounting inside must be refused, as where the kernel is the host's. */
  readonly mountRefused?: boolean;
}

const never = new AbortController().signal;
const mib = 1024 ** 2;
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

interface Ran {
  readonly exit: Exit;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** Collects what a command writes; `slow` waits that many milliseconds at each chunk. */
async function run(
  machine: MicroVm,
  script: string | readonly string[],
  options: Partial<Command> & {
    readonly signal?: AbortSignal;
    readonly slow?: number;
    readonly onChunk?: (text: string) => void;
  } = {},
): Promise<Ran> {
  const { signal, slow, onChunk, ...command } = options;
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
  const argv = typeof script === 'string' ? ['sh', '-c', script] : script;
  const full = { argv, env: { PATH: path }, cwd: '/workspace', grace: 2_000, ...command };
  const exit = await machine.exec(full, sink, signal ?? never);
  return { exit, stdout: Buffer.concat(chunks.stdout), stderr: Buffer.concat(chunks.stderr) };
}

const text = async (machine: MicroVm, script: string) => (await run(machine, script)).stdout.toString();

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

interface Entry {
  readonly name: string;
  readonly type: string;
  readonly mode: number;
  readonly link: string | undefined;
  readonly size: number;
  readonly data: string;
}

async function entriesOf(tar: AsyncIterable<Uint8Array>): Promise<Entry[]> {
  const found: Entry[] = [];
  const reader = extract();
  const feeding = (async () => {
    for await (const chunk of tar) {
      if (!reader.write(chunk)) {
        await new Promise<void>((resolve) => {
          reader.once('drain', () => resolve());
        });
      }
    }
    reader.end(undefined);
  })();
  for await (const entry of reader) {
    const data: Buffer[] = [];
    for await (const chunk of entry) {
      data.push(chunk as Buffer);
    }
    const { name, type, mode, linkname, size } = entry.header;
    found.push({
      name: name.replace(/^\.\//, '').replace(/\/$/, ''),
      type: String(type),
      mode: Number(mode) & 0o7777,
      link: linkname ?? undefined,
      size: Number(size),
      data: Buffer.concat(data).toString(),
    });
  }
  await feeding;
  return found;
}

class Bench {
  readonly kind: ContractKind;
  folder = '';
  run = '';
  #image: ImageFile | undefined;
  #count = 0;

  constructor(kind: ContractKind) {
    this.kind = kind;
  }

  async open(): Promise<void> {
    this.folder = await mkdtemp(join(tmpdir(), 'lvc-'));
    this.run = `contract-${process.pid}-${randomBytes(3).toString('hex')}`;
    this.#image = await this.kind.image();
  }

  spec(changes: Partial<VmSpec> = {}, parent?: Disk): VmSpec {
    this.#count += 1;
    const id = `m${this.#count}`;
    if (this.#image === undefined) {
      throw new Error('the bench was not opened');
    }
    return {
      id,
      run: this.run,
      scratch: this.folder,
      image: this.#image,
      limits: { cpu: 1, memory: 256 * mib, processes: 128 },
      required: [],
      disk: { path: join(this.folder, `disk-${id}`), size: 64 * mib, ...(parent ? { parent } : {}) },
      network: { kind: 'none' },
      ports: [],
      hostname: 'contract',
      bootDeadline: this.kind.bootDeadline ?? 20_000,
      ...changes,
    };
  }

  boot(changes: Partial<VmSpec> = {}, parent?: Disk): Promise<MicroVm> {
    return this.kind.backend.boot(this.spec(changes, parent), never);
  }
}

type Case = (t: ExecutionContext, machine: MicroVm, bench: Bench) => Promise<void>;

/** What commands do, on one machine that all of these share. */
const shared: Readonly<Record<string, Case>> = {
  'exit codes': async (t, machine) => {
    for (const code of [0, 1, 42, 255]) {
      t.deepEqual((await run(machine, `exit ${code}`)).exit, { kind: 'exited', code });
    }
  },
  'a command killed by a signal': async (t, machine) => {
    t.deepEqual((await run(machine, 'kill -SEGV $$')).exit, { kind: 'signalled', signal: 'SIGSEGV' });
  },
  'a command that cannot be started': async (t, machine) => {
    const { exit } = await run(machine, ['no-such-program-here']);
    t.is(exit.kind, 'not-started');
    t.regex(exit.kind === 'not-started' ? exit.detail : '', /no-such-program-here/);
  },
  'two streams, apart and each in order': async (t, machine) => {
    const script = 'i=0; while [ $i -lt 200 ]; do echo o$i; echo e$i >&2; i=$((i+1)); done';
    const { stdout, stderr } = await run(machine, script);
    const lines = (letter: string) => Array.from({ length: 200 }, (_, n) => `${letter}${n}\n`).join('');
    t.is(stdout.toString(), lines('o'));
    t.is(stderr.toString(), lines('e'));
  },
  'bytes that are no text, half a character, no last line end': async (t, machine) => {
    const bytes = randomBytes(100_000);
    const { stdout, exit } = await run(machine, ['cat'], { stdin: one(bytes) });
    t.deepEqual(exit, { kind: 'exited', code: 0 });
    t.true(stdout.equals(bytes));
    t.deepEqual((await run(machine, "printf 'a\\303'")).stdout, Buffer.from([0x61, 0xc3]));
  },
  'stdin closed': async (t, machine) => {
    t.is(await text(machine, 'cat; echo end'), 'end\n');
  },
  'much output into a slow sink': async (t, machine) => {
    const { stdout, exit } = await run(machine, 'dd if=/dev/zero bs=65536 count=32 2>/dev/null', { slow: 5 });
    t.deepEqual(exit, { kind: 'exited', code: 0 });
    t.is(stdout.length, 32 * 65536);
  },
  'a stop is TERM first': async (t, machine) => {
    const stop = new AbortController();
    const { exit, stdout } = await run(
      machine,
      "trap 'echo stopping; exit 7' TERM; echo up; while :; do sleep 0.05; done",
      {
        signal: stop.signal,
        grace: 20_000,
        onChunk: (chunk) => chunk.includes('up') && stop.abort(),
      },
    );
    t.deepEqual(exit, { kind: 'exited', code: 7 });
    t.is(stdout.toString(), 'up\nstopping\n');
  },
  'then KILL': async (t, machine) => {
    const stop = new AbortController();
    const { exit } = await run(machine, "trap '' TERM; echo up; while :; do sleep 0.05; done", {
      signal: stop.signal,
      grace: 200,
      onChunk: () => stop.abort(),
    });
    t.deepEqual(exit, { kind: 'signalled', signal: 'SIGKILL' });
  },
  'the environment is what was given': async (t, machine) => {
    const { stdout } = await run(machine, ['env'], { env: { PATH: path, A: 'b c', EMPTY: '' } });
    t.deepEqual(stdout.toString().trim().split('\n').sort(), ['A=b c', 'EMPTY=', `PATH=${path}`]);
  },
  'a working directory is made': async (t, machine) => {
    const { stdout } = await run(machine, 'pwd', { cwd: '/workspace/deep/er' });
    t.regex(stdout.toString(), /\/workspace\/deep\/er\n$/);
  },
  'the clock is near the host’s': async (t, machine) => {
    const seconds = Number(await text(machine, 'date +%s'));
    t.true(Math.abs(seconds - Date.now() / 1000) < 10);
  },
  'two commands at once': async (t, machine) => {
    const wait = 'while [ ! -e /tmp/go ]; do sleep 0.05; done; echo went';
    const [first, second] = await Promise.all([run(machine, wait), run(machine, 'touch /tmp/go; echo sent')]);
    t.is(first.stdout.toString(), 'went\n');
    t.is(second.stdout.toString(), 'sent\n');
  },
  'files in and out': async (t, machine) => {
    const tar = pack();
    tar.entry({ name: 'sub', type: 'directory', mode: 0o755 });
    tar.entry({ name: 'sub/run.sh', mode: 0o750 }, '#!/bin/sh\necho hi\n');
    tar.entry({ name: 'link', type: 'symlink', linkname: 'sub/run.sh' });
    tar.entry({ name: 'plain', mode: 0o640 }, 'plain text');
    tar.finalize();
    await machine.copyIn(tar as AsyncIterable<Uint8Array>, '/workspace/copied', never);
    t.is(await text(machine, 'copied/sub/run.sh; cat copied/link | tail -n 1'), 'hi\necho hi\n');
    const all = await entriesOf(await machine.copyOut('/workspace/copied', never));
    t.is(all.find((entry) => entry.name === 'sub/run.sh')?.mode, 0o750);
    t.is(all.find((entry) => entry.name === 'link')?.link, 'sub/run.sh');
    t.is(all.find((entry) => entry.name === 'plain')?.data, 'plain text');
    const some = await entriesOf(await machine.copyOut('/workspace/copied', never, { only: ['plain', 'link'] }));
    t.deepEqual(
      some.map((entry) => entry.name),
      ['plain', 'link'],
    );
    const names = await entriesOf(await machine.copyOut('/workspace/copied', never, { namesOnly: true }));
    t.deepEqual(names.map((entry) => entry.name).sort(), all.map((entry) => entry.name).sort());
    t.true(names.every((entry) => entry.size === 0));
    const single = await entriesOf(await machine.copyOut('/workspace/copied/plain', never));
    t.deepEqual(
      single.map((entry) => [entry.name, entry.data]),
      [['plain', 'plain text']],
    );
  },
  'what is not there cannot be copied': async (t, machine) => {
    await t.throwsAsync(async () => entriesOf(await machine.copyOut('/workspace/none', never)));
  },
  'a process left behind is named': async (t, machine) => {
    await run(machine, 'sleep 987 >/dev/null 2>&1 &');
    const { processes } = await machine.left();
    t.true(
      processes.some((one) => one.name.includes('sleep')),
      JSON.stringify(processes),
    );
    await run(machine, `kill -9 ${processes.map((one) => one.pid).join(' ')}`);
  },
};

/** Needs `hostname`. */
const named: Case = async (t, machine) => {
  t.is((await text(machine, 'hostname')).trim(), 'contract');
};

const isolated: Case = async (t, machine, bench) => {
  t.notDeepEqual((await run(machine, `test -e ${bench.folder}`)).exit, { kind: 'exited', code: 0 });
  // A variable of this test's own process, and the same search finding what the guest does have.
  const holding = (words: string) => text(machine, `cat /proc/[0-9]*/environ 2>/dev/null | grep -c ${words}`);
  t.is((await holding('NODE_ENV=')).trim(), '0');
  t.not((await holding('PATH=')).trim(), '0');
  const pids = (await text(machine, 'ls /proc')).split('\n').filter((name) => /^\d+$/.test(name));
  t.false(
    pids.includes(`${process.pid}`) && (await text(machine, `cat /proc/${process.pid}/cmdline`)).includes('node'),
  );
  if (bench.kind.mountRefused === true) {
    t.notDeepEqual((await run(machine, 'mount -t tmpfs none /tmp')).exit, { kind: 'exited', code: 0 });
    const devices = (await text(machine, 'ls /dev')).split(/\s+/);
    t.deepEqual(
      devices.filter((name) => ['mem', 'kmem', 'port', 'kmsg', 'kvm', 'vda', 'sda', 'loop-control'].includes(name)),
      [],
    );
    t.notDeepEqual((await run(machine, 'echo 1 >/proc/sys/vm/swappiness')).exit, { kind: 'exited', code: 0 });
  }
};

const unconnected: Case = async (t, machine) => {
  const names = (await text(machine, 'cat /proc/net/dev'))
    .split('\n')
    .flatMap((line) => /^\s*(\S+):/.exec(line)?.[1] ?? []);
  t.deepEqual(
    names.filter((name) => !/^(lo|dummy\d|tunl\d|sit\d|ip6tnl\d)$/.test(name)),
    [],
  );
};

/** Registers the suite under `kind.name`; every case but those the kind names a lack for. */
export function contractSuite(test: TestFn, kind: ContractKind): void {
  const bench = new Bench(kind);
  const lacks = kind.lacks ?? {};
  let machine: MicroVm | undefined;
  const name = (words: string) => `${kind.name}: ${words}`;
  const only = (lack: Lack, words: string, body: (t: ExecutionContext) => Promise<void>) => {
    const why = lacks[lack];
    test.serial(name(words), async (t) => {
      if (why !== undefined) {
        t.log(`left out, ${kind.name} lacks ${lack}: ${why}`);
        t.pass();
        return;
      }
      await body(t);
    });
  };
  const at = () => {
    if (machine === undefined) {
      throw new Error('the machine did not boot');
    }
    return machine;
  };
  const withMachine = async (t: ExecutionContext, vm: Promise<MicroVm>, body: (machine: MicroVm) => Promise<void>) => {
    const it = await vm;
    t.teardown(() => it.destroy());
    await body(it);
  };

  test.serial.before(name('boot'), async (t) => {
    const probe = await kind.backend.probe();
    t.log(kind.name, probe);
    await bench.open();
    machine = await bench.boot();
  });
  test.after.always(name('end'), async () => {
    await machine?.destroy();
    await rm(bench.folder, { recursive: true, force: true });
  });

  for (const [words, body] of Object.entries(shared)) {
    test.serial(name(words), (t) => body(t, at(), bench));
  }
  only('hostname', 'its host name', (t) => named(t, at(), bench));
  only('isolation', 'nothing of the host is seen', (t) => isolated(t, at(), bench));
  only('network', 'network none has loopback alone', (t) => unconnected(t, at(), bench));

  only('limits', 'memory and processes are bounded, and the machine can still be destroyed', (t) =>
    withMachine(t, bench.boot({ limits: { cpu: 1, memory: 128 * mib, processes: 64 } }), async (vm) => {
      const eater = await run(vm, 'dd if=/dev/zero of=/dev/null bs=400M count=1 2>/dev/null');
      t.deepEqual(eater.exit, { kind: 'out-of-memory' });
      t.deepEqual((await run(vm, 'echo alive')).exit, { kind: 'exited', code: 0 });
      const bomb = 'i=0; while [ $i -lt 300 ]; do sleep 300 & i=$((i+1)); done; echo "all $i"';
      const stop = new AbortController();
      const timer = setTimeout(() => stop.abort(), 20_000);
      const { stdout } = await run(vm, bomb, { signal: stop.signal, grace: 100 });
      clearTimeout(timer);
      t.notRegex(stdout.toString(), /all 300/);
      await vm.destroy();
    }),
  );
  only('disk-limit', 'a full disk is an error of the command', (t) =>
    withMachine(t, bench.boot(), async (vm) => {
      const { exit, stderr } = await run(vm, 'dd if=/dev/zero of=/workspace/big bs=1M count=200');
      t.true(exit.kind === 'exited' && exit.code !== 0);
      t.regex(stderr.toString(), /No space left on device/);
      t.is(await text(vm, 'rm /workspace/big; echo fits > /workspace/small; cat /workspace/small'), 'fits\n');
    }),
  );
  test.serial(name('a disk goes from machine to machine, and forks do not see each other'), async (t) => {
    const first = await bench.boot();
    await run(first, 'echo base > /workspace/file; echo temporary > /tmp/file; ln -s file link');
    await first.destroy();
    const [left, right] = await Promise.all([bench.boot({}, first.disk), bench.boot({}, first.disk)]);
    try {
      t.is(await text(left, 'cat /workspace/file /tmp/file /workspace/link'), 'base\ntemporary\nbase\n');
      await Promise.all([run(left, 'echo left > file; sync'), run(right, 'echo right > file; sync')]);
      t.is(await text(left, 'cat file'), 'left\n');
      t.is(await text(right, 'cat file'), 'right\n');
    } finally {
      await Promise.all([left.destroy(), right.destroy()]);
    }
    await withMachine(t, bench.boot({}, first.disk), async (again) => {
      t.is(await text(again, 'cat file'), 'base\n');
    });
  });
  only('whole-disk', 'what is installed outside the workspace stays too', async (t) => {
    const first = await bench.boot();
    await run(first, 'mkdir -p /opt; echo o > /opt/o; rm -r /var');
    await first.destroy();
    await withMachine(t, bench.boot({}, first.disk), async (next) => {
      t.is(await text(next, 'cat /opt/o; test -e /var || echo removed'), 'o\nremoved\n');
    });
  });
  only('kill', 'killed from outside: the command is lost, with a reason', (t) =>
    withMachine(t, bench.boot(), async (vm) => {
      const { exit } = await run(vm, 'echo up; sleep 100', { onChunk: () => kind.kill?.(vm) });
      t.is(exit.kind, 'lost');
      t.not(exit.kind === 'lost' ? exit.detail : '', '');
    }),
  );
  test.serial(name('destroyed under a command, and more than once'), async (t) => {
    const vm = await bench.boot();
    let up = () => {};
    const started = new Promise<void>((resolve) => {
      up = resolve;
    });
    const running = run(vm, 'echo up; sleep 100', { onChunk: () => up() });
    const refused = t.throwsAsync(running);
    await started;
    await Promise.all([vm.destroy(), vm.destroy()]);
    await vm.destroy();
    await refused;
    await t.throwsAsync(run(vm, 'true'));
  });
  test.serial(name('a boot given up leaves nothing'), async (t) => {
    const before = (await readdir(bench.folder)).sort();
    const stop = new AbortController();
    const spec = bench.spec();
    const booting = kind.backend.boot(spec, stop.signal);
    setImmediate(() => stop.abort(new Error('given up')));
    await t.throwsAsync(booting, { message: 'given up' });
    t.deepEqual((await readdir(bench.folder)).sort(), before);
  });
}
