import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { ensureHost } from '../../runner/command/ensure-setup.ts';
import { setup } from '../../runner/command/setup.ts';
import { HostFault, WrongInput } from '../../runner/host/fault.ts';
import { findProgram } from '../../runner/host/packages.ts';

const folder = mkdtempSync(join(tmpdir(), 'lightv-setup-'));
const realPath = process.env.PATH ?? '';
process.env.LIGHTV_CACHE_DIR = join(folder, 'cache');
test.afterEach.always(() => {
  process.env.PATH = realPath;
});
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

function listening() {
  const said = { out: '', err: '' };
  const io = {
    out: { write: (text: string) => (said.out += text) },
    err: { write: (text: string) => (said.err += text) },
  };
  return { said, io };
}

/** A folder to be the whole `PATH`, with these programs of the host in it. */
function pathOf(name: string, programs: readonly string[]): string {
  const path = join(folder, name);
  mkdirSync(path);
  for (const program of programs) {
    symlinkSync(findProgram(program, realPath) ?? '', join(path, program));
  }
  process.env.PATH = path;
  return path;
}

function script(path: string, text: string): void {
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

test.serial('--check tells what is missing, why, and the line to type, and changes nothing', async (t) => {
  pathOf('bare', []);
  const { said, io } = listening();
  t.is(await setup({ check: true }, io), 3);
  t.regex(said.out, /^missing: bwrap \(Debian package bubblewrap\), needed to run steps in sandboxes$/m);
  t.regex(
    said.out,
    /^missing: .*qemu-system-x86_64.* \(Debian package qemu-system-x86\), needed to run steps in microVMs$/m,
  );
  t.regex(said.out, /type: (?:sudo )?apt-get update && .*apt-get install -y --no-install-recommends .*bubblewrap /);
  t.false(existsSync(join(folder, 'cache')));
});

test.serial('--check is content where everything is there', async (t) => {
  const { said, io } = listening();
  t.is(await setup({ check: true, for: 'test' }, io), 0, said.out);
});

test.serial('without apt the fault names the programs and the line for those who have it', async (t) => {
  pathOf('no-apt', ['tar']);
  const error = await t.throwsAsync(ensureHost({ kind: 'image', image: 'busybox' }), { instanceOf: HostFault });
  t.regex(error?.message ?? '', /^could not set up this host: programs are missing, .*\nmissing: /);
  t.regex(error?.message ?? '', /sqfstar \(Debian package squashfs-tools\)/);
  t.regex(error?.message ?? '', /apt-get install -y --no-install-recommends apt /);
});

test.serial(
  'apt is asked once, its lists are read when it does not know a package, and the result is checked',
  async (t) => {
    const path = pathOf('with-apt', ['tar', 'flock', 'dpkg-deb', 'env', 'touch', 'chmod']);
    const calls = join(folder, 'calls');
    const lists = join(folder, 'lists');
    script(join(path, 'sudo'), 'test "$1" = -n && shift; exec "$@"');
    script(
      join(path, 'apt-get'),
      [
        `echo "$DEBIAN_FRONTEND $*" >> ${calls}`,
        `test "$1" = update && touch ${lists} && exit 0`,
        `test -e ${lists} || { echo "E: Unable to locate package" >&2; exit 100; }`,
        `echo "1 newly installed"; echo "Unpacking squashfs-tools"; touch ${path}/sqfstar; chmod 755 ${path}/sqfstar`,
      ].join('\n'),
    );
    const told: string[] = [];
    await ensureHost({ kind: 'image', image: 'busybox' }, { onProgress: (line) => told.push(line) });
    const verbs = readFileSync(calls, 'utf8').trim().split('\n');
    t.deepEqual(
      verbs.map((line) => line.split(' ').slice(0, 2).join(' ')),
      ['noninteractive install', 'noninteractive update', 'noninteractive install'],
    );
    t.regex(verbs[2] ?? '', /--no-install-recommends .*squashfs-tools$/);
    t.true(told.includes('installing a Debian package'));
    t.regex(told[0] ?? '', /^missing: sqfstar \(Debian package squashfs-tools\), needed to pack images$/);

    await ensureHost({ kind: 'image', image: 'busybox' });
    t.is(readFileSync(calls, 'utf8').trim().split('\n').length, 3, 'nothing is missing, nothing is asked');
  },
);

test.serial('an apt that installs nothing, or fails, is a fault with its words', async (t) => {
  const path = pathOf('bad-apt', ['tar', 'flock', 'dpkg-deb', 'env']);
  script(join(path, 'sudo'), 'test "$1" = -n && shift; exec "$@"');
  script(join(path, 'apt-get'), 'exit 0');
  const ensure = () => ensureHost({ kind: 'image', image: 'busybox' });
  await t.throwsAsync(ensure, { instanceOf: HostFault, message: /after the installation still missing: sqfstar/ });
  script(join(path, 'apt-get'), 'echo "E: the mirror is on fire" >&2; exit 100');
  await t.throwsAsync(ensure, { instanceOf: HostFault, message: /the mirror is on fire/ });
});

test.serial(
  'a mirror that cannot be reached is told once, in place of the packages apt then does not know',
  async (t) => {
    const path = pathOf('no-mirror', ['tar', 'flock', 'dpkg-deb', 'env']);
    script(join(path, 'sudo'), 'test "$1" = -n && shift; exec "$@"');
    const unreached = 'Failed to fetch http://deb.example/InRelease  Could not resolve';
    script(
      join(path, 'apt-get'),
      `test "$1" = update && { echo "W: ${unreached}" >&2; exit 0; }; echo "E: Unable to locate package" >&2; exit 100`,
    );
    const told: string[] = [];
    const error = await t.throwsAsync(
      ensureHost({ kind: 'image', image: 'busybox' }, { onProgress: (line) => told.push(line) }),
      { instanceOf: HostFault },
    );
    t.is(error?.message, `could not install squashfs-tools: ${unreached}`);
    t.false(told.some((line) => line.includes(unreached)));
  },
);

test.serial('an installation that was interrupted is finished first', async (t) => {
  const path = pathOf('interrupted', ['tar', 'flock', 'dpkg-deb', 'env', 'touch', 'chmod']);
  const configured = join(folder, 'configured');
  script(join(path, 'sudo'), 'test "$1" = -n && shift; exec "$@"');
  script(join(path, 'dpkg'), `test "$*" = "--configure -a" && touch ${configured}`);
  script(
    join(path, 'apt-get'),
    [
      `test -e ${configured} || { echo "E: dpkg was interrupted, you must manually run 'dpkg --configure -a'" >&2; exit 100; }`,
      `touch ${path}/sqfstar; chmod 755 ${path}/sqfstar`,
    ].join('\n'),
  );
  await ensureHost({ kind: 'image', image: 'busybox' });
  t.true(existsSync(configured));
});

test.serial('a cache that cannot be written is a fault that names it', async (t) => {
  process.env.LIGHTV_CACHE_DIR = '/proc/lightv';
  t.teardown(() => {
    process.env.LIGHTV_CACHE_DIR = join(folder, 'cache');
  });
  const error = await t.throwsAsync(setup({ for: 'image', image: 'busybox' }, listening().io), {
    instanceOf: HostFault,
  });
  t.regex(error?.message ?? '', /\/proc\/lightv/);
});

test.serial('only an image with a Debian base needs mmdebstrap', async (t) => {
  pathOf('small', []);
  const missing = async (image: string) => {
    const { said, io } = listening();
    await setup({ check: true, for: 'image', image }, io);
    return said.out;
  };
  t.regex(await missing('debian'), /mmdebstrap/);
  t.notRegex(await missing('busybox'), /mmdebstrap/);
});

test.serial('a purpose or an image that does not exist is wrong input', async (t) => {
  const { io } = listening();
  await t.throwsAsync(setup({ for: 'fun' }, io), {
    instanceOf: WrongInput,
    message: /expected run, test, bench or image/,
  });
  await t.throwsAsync(setup({ for: 'image' }, io), { instanceOf: WrongInput });
  await t.throwsAsync(setup({ for: 'image', image: 'bsybox' }, io), { instanceOf: WrongInput, message: /busybox/ });
});
