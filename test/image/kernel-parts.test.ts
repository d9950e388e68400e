import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import test from 'ava';
import { HostFault } from '../../runner/host/fault.ts';
import { cpioArchive } from '../../runner/image/cpio.ts';
import { readModules } from '../../runner/image/kernel-modules.ts';
import { isLegacyLz4, unpackLegacyLz4 } from '../../runner/image/lz4.ts';
import { unpack } from '../../runner/image/unpack.ts';
import { inFolder } from '../ground/folder.ts';
import { unpackCpio } from './unpack-cpio.ts';

test('an archive unpacks with another program to the same names, modes and bytes', (t) =>
  inFolder(async (folder) => {
    const odd = Buffer.from([0, 1, 2, 3, 255, 10, 13]);
    const archive = cpioArchive([
      { name: 'init', mode: 0o755, contents: Buffer.from('#!/bin/sh\n') },
      { name: 'modules', mode: 0o750 },
      { name: 'modules/a.ko', mode: 0o640, contents: odd },
      { name: 'empty', mode: 0o600, contents: Buffer.alloc(0) },
    ]);
    t.is(archive.length % 4, 0);
    await unpackCpio(archive, folder);
    const seen = execFileSync('find', ['.', '-mindepth', '1', '-printf', '%P %m %y %s\n'], { cwd: folder }).toString();
    const found = seen
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('modules 750 d'));
    t.deepEqual(found.sort(), ['empty 600 f 0', 'init 755 f 10', 'modules/a.ko 640 f 7']);
    t.true(execFileSync('cat', [join(folder, 'modules/a.ko')]).equals(odd));
  }));

/** Built by hand after the format's description: literals "abc", a copy that overlaps itself, then literals alone. */
test("LZ4's overlapping copies repeat what they have just written", (t) => {
  const block = Buffer.from([0x35, 0x61, 0x62, 0x63, 0x03, 0x00, 0x20, 0x78, 0x79]);
  const frame = Buffer.alloc(8 + block.length);
  frame.writeUInt32LE(0x184c2102, 0);
  frame.writeUInt32LE(block.length, 4);
  block.copy(frame, 8);
  t.true(isLegacyLz4(frame));
  t.is(unpackLegacyLz4(frame).toString(), 'abcabcabcabcxy');
});

test('a copy from before the start is refused', (t) => {
  const frame = Buffer.from([0x02, 0x21, 0x4c, 0x18, 6, 0, 0, 0, 0x10, 0x61, 9, 0, 0x10, 0x62]);
  t.throws(() => unpackLegacyLz4(frame), { instanceOf: RangeError });
});

test('what is not packed stays as it is, and packed parts are unpacked', async (t) => {
  const plain = Buffer.from('a module'.repeat(1000));
  t.true((await unpack(plain)).equals(plain));
  t.true((await unpack(gzipSync(plain))).equals(plain));
  t.true((await unpack(deflateSync(plain))).equals(deflateSync(plain)));
  t.true((await unpack(execFileSync('xz', ['-c'], { input: plain }))).equals(plain));
});

test('modules come after what they depend on, once, and without those built in', (t) =>
  inFolder(async (folder) => {
    await mkdir(join(folder, 'kernel', 'drivers'), { recursive: true });
    const module = (name: string, info: string) =>
      writeFile(join(folder, 'kernel', 'drivers', name), gzipIf(name, Buffer.from(`ELF\0license=GPL\0${info}\0`)));
    await module('virtio_net.ko', 'depends=net_failover,virtio');
    await module('net-failover.ko', 'depends=');
    await module('virtio.ko.gz', 'depends=virtio_ring');
    await module('virtio_ring.ko', 'depends=');
    await writeFile(join(folder, 'modules.builtin'), 'kernel/fs/ext4/ext4.ko\n');
    const modules = await readModules(folder, ['virtio', 'virtio_net', 'ext4']);
    t.deepEqual(
      modules.map(({ name }) => name),
      ['virtio_ring', 'virtio', 'net_failover', 'virtio_net'],
    );
    await t.throwsAsync(readModules(folder, ['squashfs', 'overlay']), {
      instanceOf: HostFault,
      message: /squashfs, overlay/,
    });
  }));

function gzipIf(name: string, bytes: Buffer): Buffer {
  return name.endsWith('.gz') ? gzipSync(bytes) : bytes;
}
