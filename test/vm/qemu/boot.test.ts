import { execFileSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { HostFault, WrongInput } from '../../../runner/host/fault.ts';
import { guestKernel } from '../../../runner/image/kernel.ts';
import { bootQemu } from '../../../runner/vm/qemu/boot.ts';
import { never } from '../../ground/never.ts';
import { onGround, processesOf, run } from './ground.ts';

test.serial('a disk goes from machine to machine, and a machine killed from outside is lost with its reason', (t) =>
  onGround(async (ground) => {
    const first = await bootQemu(await ground.spec('first'), 'tcg', never);
    const written = await run(
      first,
      'hostname; date -u +%s; dd if=/dev/zero of=/big bs=1M count=20 2>&-; echo kept > /kept',
    );
    const [name, seconds] = written.text.split('\n');
    t.is(name, 'first');
    t.true(Math.abs(Number(seconds) - Date.now() / 1000) < 10, `the guest's clock says ${seconds}`);
    await Promise.all([first.destroy(), first.destroy()]);
    t.deepEqual(await readdir(ground.scratch), ['first.raw']);
    t.deepEqual(await processesOf(ground.run), []);
    t.notThrows(() => execFileSync('/sbin/e2fsck', ['-f', '-n', first.disk.path], { stdio: 'pipe' }));

    const disk = { path: join(ground.scratch, 'second'), size: first.disk.size, parent: first.disk };
    const second = await bootQemu(await ground.spec('second', { disk }), 'tcg', never);
    t.like(await run(second, 'cat /kept'), { text: 'kept\n', exit: { kind: 'exited', code: 0 } });
    const { exit } = await run(second, 'echo started; sleep 1000', () => {
      process.kill(second.pid ?? 0, 'SIGKILL');
    });
    t.is(exit.kind, 'lost');
    t.regex(exit.kind === 'lost' ? exit.detail : '', /QEMU was killed by SIGKILL/);
    await second.destroy();
    t.deepEqual((await readdir(ground.scratch)).sort(), ['first.raw', 'second.qcow2']);
  }),
);

test.serial('a guest that panics is tried twice and then a host fault with the end of its console', (t) =>
  onGround(async (ground) => {
    const empty = join(ground.scratch, 'no-initrd');
    await writeFile(empty, Buffer.alloc(512));
    let prepared = 0;
    const kernel = async () => {
      prepared++;
      return { ...(await guestKernel()), initrd: empty };
    };
    const fault = await t.throwsAsync(bootQemu(await ground.spec('panics'), 'tcg', never, kernel), {
      instanceOf: HostFault,
    });
    t.regex(fault?.message ?? '', /twice QEMU ended with exit code 0/);
    t.regex(fault?.message ?? '', /Kernel panic/);
    t.is(prepared, 1);
    t.deepEqual(await processesOf(ground.run), []);
    t.deepEqual(await readdir(ground.scratch), ['no-initrd']);
  }),
);

test.serial('a guest that hangs is given up at the deadline', (t) =>
  onGround(async (ground) => {
    const spec = await ground.spec('hangs', { bootDeadline: 200 });
    await t.throwsAsync(bootQemu(spec, 'tcg', never), {
      instanceOf: HostFault,
      message: /twice no hello within 0.2 s/,
    });
    t.deepEqual(await processesOf(ground.run), []);
    t.deepEqual(await readdir(ground.scratch), []);
  }),
);

test.serial('an aborted boot leaves nothing and tells the reason it was given', (t) =>
  onGround(async (ground) => {
    const reason = new Error('enough');
    const stop = new AbortController();
    const booting = bootQemu(await ground.spec('aborted'), 'tcg', stop.signal);
    const failed = t.throwsAsync(booting);
    while ((await processesOf(ground.run)).length === 0) {
      await delay(5);
    }
    stop.abort(reason);
    t.is(await failed, reason);
    t.deepEqual(await processesOf(ground.run), []);
    t.deepEqual(await readdir(ground.scratch), []);
  }),
);

test.serial('what a microVM cannot be is wrong input, told before anything starts', (t) =>
  onGround(async (ground) => {
    const spec = await ground.spec('wrong', {
      limits: { cpu: 1, memory: 16 * 1024 ** 2, processes: 10 },
      network: { kind: 'allow', hosts: ['example.org:443'] },
    });
    const error = await t.throwsAsync(bootQemu(spec, 'tcg', never), { instanceOf: WrongInput });
    t.is(error?.problems.length, 2);
    t.regex(error?.message ?? '', /16Mi of memory/);
    t.deepEqual(await readdir(ground.scratch), []);
  }),
);
