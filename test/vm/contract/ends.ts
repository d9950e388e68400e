import { readdir } from 'node:fs/promises';
import type { OwnCase } from './bench.ts';
import { run } from './script.ts';

export const killedFromOutside: OwnCase = async (t, bench) => {
  const vm = await bench.machine(t);
  const { exit } = await run(vm, 'echo up; sleep 100', { onChunk: () => bench.kind.kill?.(vm) });
  t.is(exit.kind, 'lost');
  t.not(exit.kind === 'lost' ? exit.detail : '', '');
};

export const destroyedUnderACommand: OwnCase = async (t, bench) => {
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
};

export const bootGivenUp: OwnCase = async (t, bench) => {
  const before = (await readdir(bench.folder)).sort();
  const stop = new AbortController();
  const booting = bench.kind.backend.boot(bench.spec(), stop.signal);
  setImmediate(() => stop.abort(new Error('given up')));
  await t.throwsAsync(booting, { message: 'given up' });
  t.deepEqual((await readdir(bench.folder)).sort(), before);
};
