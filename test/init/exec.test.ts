import { setTimeout as delay } from 'node:timers/promises';
import anyTest, { type TestFn } from 'ava';
import { never } from '../ground/never.ts';
import { run } from '../ground/run.ts';
import { type RealAgent, realAgent, shell, stream } from '../guest/real-agent.ts';

const test = anyTest as TestFn<RealAgent>;

const mib = 1024 ** 2;

test.beforeEach(async (t) => {
  t.context = await realAgent();
});
test.afterEach.always((t) => t.context?.end());

test('exit codes and both streams, apart and in order', async (t) => {
  const script = 'for i in 1 2 3; do echo out$i; echo err$i >&2; done; printf last; exit 3';
  const ran = await run(t.context.agent, shell(script));
  t.deepEqual(ran.exit, { kind: 'exited', code: 3 });
  t.is(ran.stdout.toString(), 'out1\nout2\nout3\nlast');
  t.is(ran.stderr.toString(), 'err1\nerr2\nerr3\n');
});

test('a signal is told apart from a code', async (t) => {
  t.deepEqual((await run(t.context.agent, shell('kill -SEGV $$'))).exit, { kind: 'signalled', signal: 'SIGSEGV' });
  t.deepEqual((await run(t.context.agent, shell('exit 139'))).exit, { kind: 'exited', code: 139 });
});

test('every byte goes through, in and out, and no half character is changed', async (t) => {
  const bytes = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, i) => i)), Buffer.from([0xe2, 0x82])]);
  const ran = await run(t.context.agent, shell('cat', { stdin: stream(bytes) }));
  t.deepEqual(ran.stdout, bytes);
});

test('a command sees its environment, its folder and no more', async (t) => {
  const script = 'pwd; env | grep -v ^PWD | sort; umask; ls /proc/self/fd; readlink /proc/self/fd/0';
  const env = { PATH: '/usr/bin:/bin', EMPTY: '' };
  const ran = await run(t.context.agent, shell(script, { cwd: '/tmp', env }));
  const [cwd, ...rest] = ran.stdout.toString().trim().split('\n');
  t.is(cwd, '/tmp');
  // `ls` itself opens the folder it lists, as 3.
  t.deepEqual(rest, ['EMPTY=', 'PATH=/usr/bin:/bin', '0022', '0', '1', '2', '3', '/dev/null']);
});

test('what cannot be started says why', async (t) => {
  const missing = await run(t.context.agent, shell('', { argv: ['no-such-program'] }));
  t.deepEqual(missing.exit, {
    kind: 'not-started',
    detail: "could not start 'no-such-program': No such file or directory",
  });
  const folder = await run(t.context.agent, shell('true', { cwd: '/dev/null/x' }));
  t.deepEqual(folder.exit, {
    kind: 'not-started',
    detail: "could not use the working directory '/dev/null/x': Not a directory",
  });
  const denied = await run(t.context.agent, shell('', { argv: ['/etc/passwd'] }));
  t.deepEqual(denied.exit, { kind: 'not-started', detail: "could not start '/etc/passwd': Permission denied" });
});

test('a terminal has its size and takes input to its end', async (t) => {
  const terminal = { columns: 132, rows: 43 };
  const ran = await run(
    t.context.agent,
    shell('stty size; stty -echo; read line; echo "got $line"', { terminal, stdin: stream(Buffer.from('x\n')) }),
  );
  t.deepEqual(ran.exit, { kind: 'exited', code: 0 });
  t.regex(ran.stdout.toString(), /^(x\r\n)?43 132\r\n(x\r\n)?got x\r\n$/);
});

test('TERM ends a command that heeds it', async (t) => {
  const stop = new AbortController();
  const command = shell('echo up; trap "echo bye; exit 7" TERM; while :; do sleep 0.05; done', { grace: 60_000 });
  const chunks: string[] = [];
  const write = async (_: unknown, chunk: Uint8Array) => {
    chunks.push(Buffer.from(chunk).toString());
    stop.abort();
  };
  t.deepEqual(await t.context.agent.exec(command, { write }, stop.signal), { kind: 'exited', code: 7 });
  t.regex(chunks.join(''), /bye/);
});

test('one that ignores TERM is killed after its grace, with its children', async (t) => {
  const { agent } = t.context;
  const stop = new AbortController();
  const write = async () => stop.abort();
  const command = shell('trap "" TERM; sleep 1000 & echo up; while :; do sleep 0.05; done', { grace: 100 });
  t.deepEqual(await agent.exec(command, { write }, stop.signal), { kind: 'signalled', signal: 'SIGKILL' });
  t.deepEqual((await agent.left()).processes, []);
});

test('an abort before the start ends it too', async (t) => {
  const exit = await run(t.context.agent, shell('sleep 1000'), { signal: AbortSignal.abort() });
  t.deepEqual(exit.exit, { kind: 'signalled', signal: 'SIGTERM' });
});

test('a background process that holds the pipe does not delay the exit, nor die when it writes on', async (t) => {
  const { agent } = t.context;
  const script = '(while :; do echo more || exit; sleep 0.02; done) & echo done';
  const ran = await run(agent, shell(script));
  t.deepEqual(ran.exit, { kind: 'exited', code: 0 });
  t.regex(ran.stdout.toString(), /done\n/);
  await delay(200);
  const left = (await agent.left()).processes.map(({ name }) => name);
  t.true(left.includes('sh'), JSON.stringify(left));
});

test('orphans are reaped and what is left is named, stopped and gone', async (t) => {
  const { agent } = t.context;
  await run(agent, shell('for i in 1 2 3 4 5; do (sh -c "sleep 0.01 &" &); done; setsid sleep 1000 & exit 0'));
  const left = await agent.stopLeft();
  t.true(left.processes.some(({ name }) => name === 'sleep' || name === 'setsid'));
  t.deepEqual(await agent.left(), { processes: [], mounts: [], network: [] });
  const zombies = await run(agent, shell('grep -l "^State:.Z" /proc/[0-9]*/status; true'));
  t.is(zombies.stdout.toString(), '');
});

test('mounts and listening sockets that were left are named', async (t) => {
  const { agent } = t.context;
  const server =
    "require('net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port) })";
  const node = shell('', {
    argv: ['sh', '-c', 'mount -t tmpfs x /mnt; "$0" -e "$1" & sleep 3', process.execPath, server],
  });
  const ran = await run(agent, node);
  const left = await agent.stopLeft();
  t.deepEqual(left.mounts, ['/mnt']);
  t.true(left.network.includes(`tcp 127.0.0.1:${ran.stdout.toString().trim()}`), JSON.stringify(left));
});

test('two commands at once do not hold each other up', async (t) => {
  const { agent } = t.context;
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let taken = 0;
  const write = async (_: unknown, chunk: Uint8Array) => {
    await opened;
    taken += chunk.length;
  };
  const slow = agent.exec(shell('head -c 2000000 /dev/zero'), { write }, never);
  const quick = await run(agent, shell('head -c 3000000 /dev/zero; echo done >&2'));
  t.is(quick.stdout.length, 3_000_000);
  t.is(taken, 0);
  open();
  t.deepEqual(await slow, { kind: 'exited', code: 0 });
  t.is(taken, 2_000_000);
});

// Alone, and with a bound far from what a garbage collector leaves lying about: the memory measured is the process's.
test.serial('256 MiB to a slow sink: nothing lost, memory flat', async (t) => {
  const { agent } = t.context;
  const before = process.memoryUsage().rss;
  let [taken, peak, writes] = [0, 0, 0];
  const write = async (_: unknown, chunk: Uint8Array) => {
    taken += chunk.length;
    if (writes++ % 64 === 0) {
      await delay(5);
      peak = Math.max(peak, process.memoryUsage().rss - before);
    }
  };
  const exit = await agent.exec(shell('head -c 268435456 /dev/zero; echo end'), { write }, never);
  t.deepEqual(exit, { kind: 'exited', code: 0 });
  t.is(taken, 256 * mib + 4);
  t.true(peak < 128 * mib, `${peak} bytes more than before`);
});

test('a sink that fails kills the command and its reason is the one told', async (t) => {
  const write = async () => {
    throw new Error('the disk is full');
  };
  await t.throwsAsync(t.context.agent.exec(shell('yes'), { write }, never), { message: 'the disk is full' });
  t.deepEqual((await t.context.agent.left()).processes, []);
});

test('input that nobody reads does not hold up the end', async (t) => {
  const zeros = async function* () {
    for (;;) {
      yield Buffer.alloc(65536);
    }
  };
  t.deepEqual((await run(t.context.agent, shell('exit 4', { stdin: zeros() }))).exit, { kind: 'exited', code: 4 });
});
