import type { Case } from './bench.ts';
import { run, text } from './script.ts';

/** Its own host name. */
export const named: Case = async (t, machine) => {
  t.is((await text(machine, 'hostname')).trim(), 'contract');
};

/** Nothing of the host is seen. */
export const isolated: Case = async (t, machine, bench) => {
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

/** Without a network there is loopback alone. */
export const unconnected: Case = async (t, machine) => {
  const names = (await text(machine, 'cat /proc/net/dev'))
    .split('\n')
    .flatMap((line) => /^\s*(\S+):/.exec(line)?.[1] ?? []);
  t.deepEqual(
    names.filter((name) => !/^(lo|dummy\d|tunl\d|sit\d|ip6tnl\d)$/.test(name)),
    [],
  );
};
