import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import type { Case } from './bench.ts';
import { path, run, text } from './script.ts';

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** What commands do, on one machine that all of these share. */
export const commands: Readonly<Record<string, Case>> = {
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
  'a terminal has its size and learns of another': async (t, machine) => {
    let resize = (_: { columns: number; rows: number }) => {};
    const typed = new PassThrough();
    let seen = '';
    const { stdout, exit } = await run(machine, 'stty size; read answer; stty size; echo "$answer"', {
      terminal: {
        ...{ columns: 80, rows: 24 },
        onResize: (tell) => {
          resize = tell;
          return () => {};
        },
      },
      stdin: typed,
      onChunk: (chunk) => {
        const answered = seen.includes('\n');
        seen += chunk;
        // The terminal echoes what is typed into the middle of a line that is still being written.
        if (!answered && seen.includes('\n')) {
          resize({ columns: 132, rows: 43 });
          typed.end('hello\n');
        }
      },
    });
    t.deepEqual(exit, { kind: 'exited', code: 0 });
    t.deepEqual(stdout.toString().split('\r\n'), ['24 80', 'hello', '43 132', 'hello', '']);
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
  'where it is asked for, INT comes before TERM': async (t, machine) => {
    const stop = new AbortController();
    const { exit, stdout } = await run(
      machine,
      "trap 'echo interrupted' INT; trap 'echo stopping; exit 7' TERM; echo up; while :; do sleep 0.05; done",
      {
        signal: stop.signal,
        interrupt: 1500,
        grace: 20_000,
        onChunk: (chunk) => chunk.includes('up') && stop.abort(),
      },
    );
    t.deepEqual(exit, { kind: 'exited', code: 7 });
    t.is(stdout.toString(), 'up\ninterrupted\nstopping\n');
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
  'a process left behind is named': async (t, machine) => {
    // Named once it has started: until then it is a copy of the shell.
    await run(machine, 'sleep 987 >/dev/null 2>&1 & until grep -q sleep /proc/$!/comm; do :; done');
    const { processes } = await machine.left();
    t.true(
      processes.some((one) => one.name.includes('sleep')),
      JSON.stringify(processes),
    );
    await run(machine, `kill -9 ${processes.map((one) => one.pid).join(' ')}`);
  },
};
