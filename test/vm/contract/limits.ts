import { mib, type OwnCase } from './bench.ts';
import { run, text } from './script.ts';

export const boundedMemoryAndProcesses: OwnCase = async (t, bench) => {
  const vm = await bench.machine(t, { limits: { cpu: 1, memory: 128 * mib, processes: 64 } });
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
};

export const boundedDisk: OwnCase = async (t, bench) => {
  const vm = await bench.machine(t);
  const { exit, stderr } = await run(vm, 'dd if=/dev/zero of=/workspace/big bs=1M count=200');
  t.true(exit.kind === 'exited' && exit.code !== 0);
  t.regex(stderr.toString(), /No space left on device/);
  t.is(await text(vm, 'rm /workspace/big; echo fits > /workspace/small; cat /workspace/small'), 'fits\n');
};
