import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openImage } from '../../runner/image/open.ts';
import { imageTree } from '../../runner/image/tree.ts';
import type { TarEntry } from '../ground/tar.ts';

/** A layer of busybox with these of its programs: what an image takes to run a script. */
export async function busyboxLayer(programs: readonly string[] = usual): Promise<readonly TarEntry[]> {
  const binary = readFileSync(join(await imageTree(await openImage('busybox')), 'bin/busybox'));
  const passwd = 'root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n';
  return [
    { name: 'bin/busybox', mode: 0o755, mtime, text: binary },
    ...programs.map((name): TarEntry => ({ name: `bin/${name}`, type: 'symlink', linkname: 'busybox', mtime })),
    { name: 'etc/passwd', mtime, text: passwd },
    { name: 'etc/group', mtime, text: 'root:x:0:\napp:x:1000:\nstaff:x:50:app\n' },
    { name: 'home/app/', type: 'directory', uid: 1000, gid: 1000, mtime },
  ];
}

const mtime = new Date(0);
const usual = [
  ...[
    'sh',
    'cat',
    'echo',
    'ls',
    'env',
    'id',
    'test',
    '[',
    'mkdir',
    'rm',
    'touch',
    'sleep',
    'true',
    'false',
    'hostname',
  ],
  ...[
    'grep',
    'sed',
    'sort',
    'printf',
    'pwd',
    'nc',
    'wget',
    'httpd',
    'cp',
    'mv',
    'chmod',
    'stat',
    'head',
    'wc',
    'kill',
    'tr',
  ],
];
