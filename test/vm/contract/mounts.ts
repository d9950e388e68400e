import { join } from 'node:path';
import { buildImage } from '../../../runner/image/build.ts';
import type { ImageFile } from '../../../runner/model/image.ts';
import type { OwnCase } from './bench.ts';
import { run, text } from './script.ts';

function other(): Promise<ImageFile> {
  return buildImage(join(import.meta.dirname, 'other-image'));
}

export const toolDisk: OwnCase = async (t, bench) => {
  const tools = [{ image: await other(), path: '/opt/some/tool' }];
  const machine = await bench.boot({ tools });
  t.is(await text(machine, 'cat /opt/some/tool/kept/of-image'), 'from the image\n');
  const { exit, stderr } = await run(machine, 'echo x > /opt/some/tool/kept/of-image');
  t.true(exit.kind === 'exited' && exit.code !== 0);
  t.regex(stderr.toString(), /[Rr]ead-only file system/);
  t.deepEqual((await machine.left()).mounts, []);
  await machine.destroy();
  const next = await bench.machine(t, {}, machine.disk);
  t.is(await text(next, 'ls -A /opt/some/tool 2>/dev/null'), '');
};

export const bound: OwnCase = async (t, bench) => {
  const binds = [
    { from: '/workspace/inner', to: '/github/workspace' },
    { from: '/tmp', to: '/workspace/seen' },
  ];
  const machine = await bench.machine(t, { binds });
  await run(machine, 'echo a > inner/a; echo b > /github/workspace/b; echo c > /tmp/c');
  t.is(await text(machine, 'cat /github/workspace/a inner/b seen/c'), 'a\nb\nc\n');
};

/** A step with another image finds the job's files and not what was put into the first image. */
export const otherImage: OwnCase = async (t, bench) => {
  const folders = ['/workspace', '/tmp', '/kept'];
  const image = await other();
  const first = await bench.boot({ folders });
  await run(first, 'echo job > job; echo tmp > /tmp/t; echo k > /kept/k; mkdir -p /opt; echo s > /opt/system');
  await first.destroy();
  const second = await bench.boot({ folders, image }, first.disk);
  t.is(await text(second, 'cat job /tmp/t /kept/k /etc/other /kept/of-image'), 'job\ntmp\nk\nother\nfrom the image\n');
  t.is(await text(second, 'cat /opt/system 2>/dev/null'), '');
  await run(second, 'echo more >> job; rm /kept/removed; echo changed > /kept/of-image; echo o > /etc/other');
  await second.destroy();
  const third = await bench.boot({ folders }, second.disk);
  t.is(await text(third, 'cat job /opt/system /kept/of-image'), 'job\nmore\ns\nchanged\n');
  t.is(await text(third, 'ls /kept; ls /etc/other 2>/dev/null'), 'k\nof-image\n');
  await third.destroy();
  const fourth = await bench.machine(t, { folders, image }, third.disk);
  t.is(await text(fourth, 'cat /etc/other; ls /kept'), 'o\nk\nof-image\n');
};

/** Links that a guest left in the way of what is mounted for the next one. */
export const inTheWay: OwnCase = async (t, bench) => {
  const folders = ['/workspace', '/tmp'];
  const first = await bench.boot({ folders });
  await run(first, 'ln -s /etc /opt; ln -s /etc /kept; ln -s /etc inner; ln -s /etc /github; echo f > /seen');
  await first.destroy();
  const next = await bench.machine(
    t,
    {
      folders: [...folders, '/kept/deep'],
      tools: [{ image: await other(), path: '/opt/tool' }],
      binds: [
        { from: '/workspace/inner', to: '/github/workspace' },
        { from: '/kept/deep', to: '/seen' },
      ],
    },
    first.disk,
  );
  t.is(await text(next, 'ls /etc/tool /etc/deep /etc/workspace 2>/dev/null; ls /github/workspace'), '');
  t.is(await text(next, 'for f in /opt /kept /github /workspace/inner /seen; do test -L $f && echo $f; done'), '');
  t.is(await text(next, 'cat /opt/tool/etc/other; echo d > /kept/deep/d; cat /seen/d'), 'other\nd\n');
};
